// Why: what a source has written lies in several files, or in many objects of a bucket; whoever reads it again is given
// all of them. Must not know: what is in them.
#pragma once

#include "aquila_fetch/job.hpp"
#include "aquila_fetch/output_records.hpp"

#include <vector>

namespace aquila {

/// The output and what rotation made of it; of a bucket the source's objects whose names do not rule out records of the
/// window. Nothing for a pipe. Failure 74: a folder cannot be listed; 69, 76, 77 as a bucket answers.
[[nodiscard]] std::vector<Written> written_texts(const Job& job, Window window);

}  // namespace aquila
