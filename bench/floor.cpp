// The floor of the comparison: libcurl fetches the same pages over one connection and throws them away, or, with a
// FILE, appends them to it, durable after every six pages, as any collector must. floor QUERY USER:TOKEN PAGES [FILE]:
// QUERY is the URL up to the number of records to skip, which ends it; GZIP_PAGES=1 in the environment accepts packed
// pages.
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace {

struct Seen {
    std::size_t bytes = 0;
    int file = -1;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* user) {
    auto& seen = *static_cast<Seen*>(user);
    seen.bytes += size * count;
    if (seen.file >= 0 && ::write(seen.file, data, size * count) < 0) {
        return 0;
    }
    return size * count;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4 && argc != 5) {
        std::fputs("usage: floor QUERY USER:TOKEN PAGES [FILE]\n", stderr);
        return 64;
    }
    CURL* curl = curl_easy_init();
    Seen total;
    if (argc == 5) {
        total.file = ::open(argv[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    }
    if (std::getenv("GZIP_PAGES") != nullptr) {
        curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L * 1024L);
    curl_easy_setopt(curl, CURLOPT_USERPWD, argv[2]);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &total);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    const int pages = std::atoi(argv[3]);
    for (int page = 0; page < pages; ++page) {
        const auto url = argv[1] + std::to_string(page * 1000);
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        if (const auto code = curl_easy_perform(curl); code != CURLE_OK) {
            std::fprintf(stderr, "floor: %s\n", curl_easy_strerror(code));
            return 69;
        }
        if (total.file >= 0 && page % 6 == 5) {
            ::fdatasync(total.file);
        }
    }
    curl_easy_cleanup(curl);
    std::printf("%zu bytes\n", total.bytes);
    return 0;
}
