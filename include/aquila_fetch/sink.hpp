// Why: lines are appended whole and made durable, in a file that others read, rename and copy meanwhile; where they go
// to a pipe or a bucket instead, the loop need not know.
// Must not know: what a line means, the checkpoint.
#pragma once

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/packing.hpp"
#include "aquila_fetch/tail.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aquila {

/// Whole lines with the keys of their records.
struct Lines {
    std::string_view bytes;
    std::span<const Key> keys{};
    std::uint64_t before = 0;  ///< records that were written before them
};

/// Where lines will begin, and with what bytes; to be announced.
struct Berth {
    Place place;
    std::string head;  ///< at most head_size
};

/// For certain, nothing of what was to be appended has come to its place, nor will.
struct NothingAppended : Failure {
    explicit NothingAppended(const Failure& failure) : Failure{failure} {}
};

class Sink {
  public:
    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual ~Sink() = default;

    /// What of the announced lines a stopped run got out, whatever it wrote to. Failure 74; 78 where this output is not
    /// the one to tell.
    [[nodiscard]] virtual Tail find(const Announcement& announced) = 0;
    /// Nothing that a stopped run announced is looked for any more. Where it left something torn all the same (the
    /// checkpoint came from a backup), that is taken back. Failure 74; 78 where it is not ours to take back.
    virtual void settle() {}
    /// Makes lines ready to be appended. nullopt: nobody could look later for what was written, so there is nothing to
    /// announce, and the checkpoint is to follow at once. Failure 74.
    [[nodiscard]] virtual std::optional<Berth> ready(const Lines& lines) = 0;
    /// Appends what was made ready, and makes it durable. False: nothing was written, as the file was renamed since.
    /// Failure 74, also when it was renamed in the very moment; what is there by then is found by the next run, but
    /// where the failure is NothingAppended.
    virtual bool append(std::string_view lines) = 0;
    /// Appends the rest of a torn line that begins there and has `size` bytes, and what follows it. Failure 74 when the
    /// output does not end so any more: it was rotated meanwhile, and the next run looks for the line anew.
    virtual void finish(const Place& torn, std::size_t size, std::string_view rest) = 0;
    /// Takes back the torn line, nothing but the bytes of a line without its end. Failure 74 likewise.
    virtual void cut(const Place& torn, std::size_t size) = 0;
    /// The checkpoint knows of everything that was appended.
    virtual void committed() {}
};

/// A regular file, 0640, made when missing together with its directories, locked with flock as long as it is open.
/// Packed, each append is one whole frame.
class FileSink final : public Sink {
  public:
    /// Failure 73: cannot be made, is a link, no regular file, or somebody else's; 74: cannot be written;
    /// 75: another process holds its lock.
    /// 78: what is in it is packed otherwise.
    explicit FileSink(std::filesystem::path path, Packing packing = Packing::none);

    [[nodiscard]] Tail find(const Announcement& announced) override;
    void settle() override;
    [[nodiscard]] std::optional<Berth> ready(const Lines& lines) override;
    bool append(std::string_view lines) override;
    void finish(const Place& torn, std::size_t size, std::string_view rest) override;
    void cut(const Place& torn, std::size_t size) override;

    /// Where the next line will begin. The file under the configured name is looked up again, so that after a rotation
    /// lines go to the new one. A last line without its line feed that is not ours gets one first.
    [[nodiscard]] Place place();

  private:
    void check(const Place& torn, std::size_t size) const;
    void open();
    void write(std::string_view lines);
    [[nodiscard]] bool has_its_name() const;

    /// Failure 78.
    void check_content(const Fd& file) const;

    std::filesystem::path path_;
    Packing packing_;
    std::string packed_;  ///< what was made ready
    Fd file_;
    bool settled_ = false;  ///< it ends with a whole frame
};

/// What is wrong with the name, to follow it; empty: nothing.
[[nodiscard]] std::string_view name_problem(const std::filesystem::path& path, Packing packing);

/// The fingerprint of the bytes before `offset` in an open file; Failure 74.
[[nodiscard]] std::uint64_t fingerprint_before(int descriptor, std::uint64_t offset);

}  // namespace aquila
