// Why: "every record exactly once, whatever happens" is tried by letting everything happen: a source with its log, its
// output folder and its checkpoint, on which runs are made that die at a chosen step, and files are rotated meanwhile.
#pragma once

#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/packed.hpp"
#include "support/fake_log.hpp"
#include "support/multiset.hpp"
#include "support/scratch.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <zlib.h>

namespace aquila::test {

/// Thrown where the process would have been killed.
struct Killed {};

/// Dies at its n-th step, and then nothing happens any more; or fails there, as with a full disk, and goes on.
class Fate {
  public:
    void die_at(std::size_t step) { left_ = step; }
    void fail_at(std::size_t step) {
        left_ = step;
        fails_ = true;
    }
    [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
    [[nodiscard]] bool fails() const noexcept { return fails_; }

    void step() {
        if (is_near() && fails_) {
            left_ = std::nullopt;
            throw Failure{Exit::io, "no space left on device"};
        }
        if (dead_ || is_near()) {
            dead_ = true;
            throw Killed{};
        }
        ++steps_;
        if (each_step) {
            each_step();
        }
    }
    /// Is the next step the last?
    [[nodiscard]] bool is_near() const noexcept { return !dead_ && left_ && steps_ == *left_; }

    std::function<void()> each_step;  ///< what happens beside the run

  private:
    std::optional<std::size_t> left_;
    std::size_t steps_ = 0;
    bool dead_ = false;
    bool fails_ = false;
};

inline Fate dying_at(std::size_t step) {
    Fate fate;
    fate.die_at(step);
    return fate;
}

inline Fate failing_at(std::size_t step) {
    Fate fate;
    fate.fail_at(step);
    return fate;
}

/// A FileSink that dies before, within and after what it does.
class FragileSink final : public Sink {
  public:
    FragileSink(const std::filesystem::path& path, Packing packing, Fate& fate, double part)
        : path_{path}, packing_{packing}, sink_{path, packing}, fate_{fate}, part_{part} {}

    [[nodiscard]] Tail find(const Announcement& announced) override { return sink_.find(announced); }
    [[nodiscard]] std::optional<Berth> ready(const Lines& lines) override {
        fate_.step();
        return sink_.ready(lines);
    }
    bool append(std::string_view lines) override {
        bool written = true;
        write(lines, [&](std::string_view some) {
            const auto before = size();
            written = written && sink_.append(some);
            // A packed frame is written as it was made ready, so that a part of it is what is left of the whole.
            if (packing_ != Packing::none && some.size() < lines.size() && size() > before) {
                const auto part = part_ * static_cast<double>(size() - before);
                std::filesystem::resize_file(path_, before + static_cast<std::uintmax_t>(part));
            }
        });
        return written;
    }
    void finish(const Place& torn, std::size_t size, std::string_view rest) override {
        write(rest, [&](std::string_view some) { sink_.finish(torn, size, some); });
    }
    void cut(const Place& torn, std::size_t size) override {
        fate_.step();
        sink_.cut(torn, size);
        fate_.step();
    }

  private:
    template <typename Write>
    void write(std::string_view lines, Write write_some) {
        fate_.step();
        if (fate_.is_near()) {
            write_some(lines.substr(0, static_cast<std::size_t>(part_ * static_cast<double>(lines.size()))));
        }
        fate_.step();
        write_some(lines);
        fate_.step();
    }

    [[nodiscard]] std::uintmax_t size() const {
        std::error_code none;
        const auto bytes = std::filesystem::file_size(path_, none);
        return none ? 0 : bytes;
    }

    std::filesystem::path path_;
    Packing packing_;
    FileSink sink_;
    Fate& fate_;
    double part_;
};

enum class Rotation { none, rename, copy_and_truncate, rename_and_pack };
inline constexpr Rotation rotations[] = {Rotation::none, Rotation::rename, Rotation::copy_and_truncate,
                                         Rotation::rename_and_pack};

class Rig {
  public:
    /// `name`: a product, or with its format: "jira/ecs".
    explicit Rig(std::string_view name) : log{name.substr(0, name.find('/'))} {
        log::configure({log::Level::error, log::Format::text});
        if (name.ends_with("/ecs")) {
            write_as(Format::ecs);
        }
    }

    /// How the runs from now on write their lines.
    void write_as(Format wanted) {
        static std::map<std::pair<const Source*, Format>, std::optional<LineFormat>> formats;
        auto& made = formats[{&log.source, wanted}];
        if (!made && wanted != Format::flattened) {
            made = make_format(wanted, log.source, {});
        }
        format = made ? &*made : nullptr;
    }

    /// One run at the log's time. False: it died.
    bool run(Fate fate = {}, double part = 0.5) {
        if (during) {
            fate.each_step = [this] {
                const std::lock_guard lock{asking_};
                during();
            };
        }
        const auto save = [&](const State& state) {
            fate.step();
            saved = to_text(state);
            fate.step();
        };
        const auto finish = [&](bool alive) {
            steps = fate.steps();
            return alive;
        };
        wish.now = log.now + clock_skew;
        State state = saved.empty() ? State{} : state_from_text(saved, "saved");
        try {
            FragileSink sink{live(), packing, fate, part};
            const Fetch fetch = [this](const Query& query) {
                const std::lock_guard lock{asking_};
                return log.fetch(query);
            };
            const auto torn = recover(
                state, [&sink](const Announcement& announced) { return sink.find(announced); }, save);
            tally = collect({log.source, wish, limits, fetch, save, [] {}, {}, format}, state, sink, torn);
        } catch (const Killed&) {
            return finish(false);
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::io) << failure.what();
            EXPECT_TRUE(during || fate.fails()) << failure.what();  // rotated at a bad moment
            return finish(false);
        }
        EXPECT_EQ(state, state_from_text(saved, "saved")) << "what is in memory is on disk";
        EXPECT_EQ(state.announced, std::nullopt);
        EXPECT_EQ(state.resumption, std::nullopt);
        return finish(true);
    }

    void rotate(Rotation rotation) {
        if (rotation == Rotation::none || !std::filesystem::exists(live())) {
            return;
        }
        const auto old = folder / fmt::format("flattened.json-{:03}", ++rotated_);
        if (rotation == Rotation::copy_and_truncate) {
            std::filesystem::copy_file(live(), old);
            std::filesystem::resize_file(live(), 0);
        } else {
            std::filesystem::rename(live(), old);
        }
        if (rotation == Rotation::rename_and_pack) {
            pack(old);
        }
    }

    /// The records in all output files, without what Jira's lines end with, sorted; every line must be whole.
    [[nodiscard]] std::vector<std::string> written() const {
        std::vector<std::string> bodies;
        for (const auto& name : folder.names()) {
            const bool packed = name.ends_with(".gz") || packing != Packing::none;
            const auto text = packing != Packing::none ? frames(name) : packed ? unpacked(name) : folder.read(name);
            std::size_t begin = 0;
            for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
                bodies.push_back(body_of(text.substr(begin, end - begin)));
                begin = end + 1;
            }
            EXPECT_TRUE(packed || begin == text.size()) << name << " ends with " << text.substr(begin);
        }
        std::sort(bodies.begin(), bodies.end());
        return bodies;
    }

    [[nodiscard]] std::filesystem::path live() const {
        return folder / (packing == Packing::gzip   ? "flattened.json.gz"
                         : packing == Packing::zstd ? "flattened.json.zst"
                                                    : "flattened.json");
    }

    FakeLog log;
    Packing packing = Packing::none;
    Scratch folder{std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()};
    Wish wish{{}, std::chrono::hours{24}, std::chrono::hours{1}, std::nullopt, std::nullopt};
    SliceLimits limits;
    Span clock_skew{};             ///< how far our clock is ahead
    std::function<void()> during;  ///< at every step of a run
    LineFormat* format = nullptr;  ///< see write_as()
    std::string saved;             ///< the checkpoint
    Tally tally;
    std::size_t steps = 0;  ///< of the last run

  private:
    [[nodiscard]] std::string body_of(const std::string& line) const {
        EXPECT_TRUE(nlohmann::json::accept(line)) << line;
        if (const auto record = record_of_line(line); record != line) {
            return record.value_or("damaged");
        }
        const bool with_suffix = log.source.name == std::string_view{"jira"};
        const auto suffix = with_suffix ? line.rfind(",\"offset\":") : line.size() - 1;
        EXPECT_NE(suffix, std::string::npos) << line;
        return line.substr(0, suffix) + "}";
    }

    void pack(const std::filesystem::path& file) const {
        const auto text = folder.read(file.filename().native());
        const gzFile packed = ::gzopen((file.native() + ".gz").c_str(), "wb");
        ::gzwrite(packed, text.data(), static_cast<unsigned>(text.size()));
        ::gzclose(packed);
        std::filesystem::remove(file);
    }

    [[nodiscard]] std::string unpacked(const std::string& name) const {
        const gzFile packed = ::gzopen((folder / name).c_str(), "rb");
        std::string text(std::size_t{1} << 20U, '\0');
        const int size = ::gzread(packed, text.data(), static_cast<unsigned>(text.size()));
        ::gzclose(packed);
        text.resize(static_cast<std::size_t>(std::max(size, 0)));
        return text;
    }

    /// What whole frames hold. Only where a rotation has packed it once more, something else may follow them.
    [[nodiscard]] std::string frames(const std::string& name) const {
        std::string text;
        PackedReader reader{folder / name, packing};
        const auto end = for_each_frame(reader, packing, [&text](std::string_view frame) { text += frame; });
        EXPECT_TRUE(end.rest.empty() || !reader.is_as_it_lies()) << name << " ends within a frame";
        return text;
    }

    std::mutex asking_;  ///< one after the other, whoever comes first
    int rotated_ = 0;
};

}  // namespace aquila::test
