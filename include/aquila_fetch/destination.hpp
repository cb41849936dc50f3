// Why: an output is a file, a pipe or a bucket, and many places need to know which; here its spelling is read, once.
// Must not know: how any of them is written.
#pragma once

#include <string>
#include <string_view>

namespace aquila {

enum class Destination { file, pipe, bucket };

inline constexpr std::string_view bucket_scheme = "s3://";

/// As `output` is spelt: `-`, `s3://…`, or a file.
[[nodiscard]] constexpr Destination destination_of(std::string_view output) noexcept {
    return output == "-"                       ? Destination::pipe
           : output.starts_with(bucket_scheme) ? Destination::bucket
                                               : Destination::file;
}

/// For people: "standard output", else as it is spelt.
[[nodiscard]] inline std::string describe_output(std::string_view output) {
    return destination_of(output) == Destination::pipe ? "standard output" : std::string{output};
}

}  // namespace aquila
