// Why: how the lines of an output are packed is said in the configuration, kept in the checkpoint, and known to whoever
// reads them again.
// Must not know: the libraries that do it.
#pragma once

namespace aquila {

enum class Packing { none, gzip, zstd };

}  // namespace aquila
