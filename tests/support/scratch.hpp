// Why: tests that touch the disk get a folder of their own, gone when they are.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

namespace aquila::test {

class Scratch {
  public:
    explicit Scratch(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
        std::string name = (parent / "aquila-fetch-test.XXXXXX").native();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"cannot make a folder in " + parent.native()};
        }
        path_ = name;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

    /// Makes or replaces a file, with exactly this mode.
    std::filesystem::path write(std::string_view name, std::string_view content, mode_t mode = 0600) const {
        const auto file = path_ / name;
        std::ofstream{file, std::ios::binary | std::ios::trunc} << content;
        ::chmod(file.c_str(), mode);
        return file;
    }

    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream file{path_ / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    /// The permission bits of a file or folder; 0 when it is not there.
    [[nodiscard]] static mode_t mode_of(const std::filesystem::path& file) {
        struct stat status {};
        return ::lstat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
    }

    /// The names in the folder, hidden ones too, sorted.
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator{path_}) {
            all.push_back(entry.path().filename().native());
        }
        std::sort(all.begin(), all.end());
        return all;
    }

  private:
    std::filesystem::path path_;
};

}  // namespace aquila::test
