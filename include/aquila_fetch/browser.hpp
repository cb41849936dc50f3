// Why: where there is a browser, nobody has to copy a URL.
// Must not know: what the URL is for.
#pragma once

#include "aquila_fetch/config_file.hpp"

#include <string>

namespace aquila {

/// Starts $BROWSER (the first of several with colons between), else xdg-open where there is a display and we are not
/// root, detached and without our secrets in its environment. False: there is none, or it could not be started.
bool open_browser(const std::string& url, const Environment& environment);

}  // namespace aquila
