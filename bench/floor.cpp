// The floor of the comparison: libcurl fetches the same pages over one connection and throws them away.
// floor BASE-URL EMAIL:TOKEN FROM TO: reads the Jira pages of a window until one is short.
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct Seen {
    std::size_t bytes = 0;
    std::size_t records = 0;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* user) {
    auto& seen = *static_cast<Seen*>(user);
    seen.bytes += size * count;
    // The only look at the bytes: enough to know that a page was not empty.
    seen.records += std::memchr(data, '{', size * count) != nullptr ? 1 : 0;
    return size * count;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fputs("usage: floor URL USER:TOKEN FROM TO PAGES\n", stderr);
        return 64;
    }
    CURL* curl = curl_easy_init();
    Seen total;
    curl_easy_setopt(curl, CURLOPT_USERPWD, argv[2]);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &total);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    const int pages = std::atoi(argv[5]);
    for (int page = 0; page < pages; ++page) {
        const auto url = std::string{argv[1]} + "?limit=1000&offset=" + std::to_string(page * 1000) + "&from=" + argv[3] +
                         "&to=" + argv[4];
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        if (const auto code = curl_easy_perform(curl); code != CURLE_OK) {
            std::fprintf(stderr, "floor: %s\n", curl_easy_strerror(code));
            return 69;
        }
    }
    curl_easy_cleanup(curl);
    std::printf("%zu bytes\n", total.bytes);
    return 0;
}
