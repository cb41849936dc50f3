// Why: each slice becomes one object in a bucket, exactly once: spooled, announced, put, and in the checkpoint. A put
// that is repeated after a crash carries the same bytes to the same name, so its outcome need not be known.
// Must not know: HTTP, configuration, what a line means.
#pragma once

#include "aquila_fetch/bucket.hpp"
#include "aquila_fetch/object_store.hpp"
#include "aquila_fetch/sink.hpp"
#include "aquila_fetch/spool.hpp"

#include <filesystem>
#include <string>

namespace aquila {

class BucketSink final : public Sink {
  public:
    /// `state` is the source's folder, which is there.
    BucketSink(BucketName bucket, std::string source, Packing packing, const std::filesystem::path& state,
               ObjectStore& store);

    /// Puts the announced object again. Where its spool is gone, asks for the object itself. Failure 69, 76, 77; 78
    /// when another bucket was announced, or one at another address.
    [[nodiscard]] Tail find(const Announcement& announced) override;
    [[nodiscard]] std::optional<Berth> ready(const Lines& lines) override;
    bool append(std::string_view lines) override;
    /// Nothing is ever torn here.
    void finish(const Place& torn, std::size_t size, std::string_view rest) override;
    void cut(const Place& torn, std::size_t size) override;
    void committed() override;

  private:
    BucketName bucket_;
    std::string source_;
    Packing packing_;
    Spool spool_;
    ObjectStore& store_;
    std::string key_;    ///< of what was made ready
    std::string bytes_;  ///< and what it is
};

}  // namespace aquila
