# shellcheck shell=sh
# af NAME …: aquila-fetch for the section NAME, as the timer runs it: with the unit's account and the section's secrets.
#   . /usr/share/aquila-fetch/af.sh
#   af jira check
af() {
    sudo systemd-run --pty --pipe --wait --quiet -p User=aquila-fetch \
        -p "LoadCredential=token:/etc/aquila-fetch/$1.token" -p 'SetCredential=token:\n' \
        -p "LoadCredential=client_secret:/etc/aquila-fetch/$1.client_secret" -p 'SetCredential=client_secret:\n' \
        -p "LoadCredential=s3_secret_key:/etc/aquila-fetch/$1.s3_secret_key" -p 'SetCredential=s3_secret_key:\n' \
        aquila-fetch --source "$@"
}
