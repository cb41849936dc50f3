#include "aquila_fetch/error.hpp"

#include <cctype>
#include <system_error>

namespace aquila {

std::string describe_errno(int error_number) {
    std::string text = std::generic_category().message(error_number);
    // "RPC struct is bad" keeps its capitals: only a word that merely begins the sentence is lowered.
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    return text;
}

}  // namespace aquila
