// Why: end-to-end tests run the program itself, as systemd or a person would, and see what they would see: exit status,
// standard output, standard error, how long it took, how much memory it needed.
// Must not know: what the program does.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aquila::e2e {

using Strings = std::vector<std::string>;
using Milliseconds = std::chrono::milliseconds;

struct Launch {
    Strings arguments{};
    Strings environment{};                 ///< NAME=value; nothing is inherited
    std::optional<mode_t> mask{};          ///< umask
    std::optional<rlim_t> largest_file{};  ///< what a full disk looks like
    std::optional<uid_t> user{};           ///< needs root
    bool typed{};                          ///< its standard input is what type() says, else nothing
    std::string program = AQUILA_FETCH_BINARY;
};

struct Outcome {
    int status = -1;  ///< exit code; -1: ended by a signal
    int signal = 0;
    bool timed_out = false;  ///< it was killed here, as it did not end by itself
    std::string out;
    std::string err;
    Milliseconds took{};
    long peak_kib = 0;  ///< largest resident size that was seen

    [[nodiscard]] bool says(std::string_view words) const { return err.find(words) != std::string::npos; }
};

/// A running child. Whatever happens, it does not outlive this object.
class Program {
  public:
    explicit Program(const Launch& launch) : started_{Clock::now()} {
        std::array<int, 2> out{};
        std::array<int, 2> err{};
        std::array<int, 2> in{-1, -1};
        if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0 ||
            (launch.typed && ::pipe2(in.data(), O_CLOEXEC) != 0)) {
            throw std::runtime_error{"no pipe"};
        }
        Strings arguments{launch.program};
        arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
        Strings environment = launch.environment;
        const auto argv = pointers(arguments);
        const auto envp = pointers(environment);
        pid_ = ::fork();
        if (pid_ == 0) {
            become(launch, argv, envp, {in[0], out[1], err[1]});
        }
        if (launch.typed) ::close(in[0]);
        input_ = in[1];
        ::close(out[1]);
        ::close(err[1]);
        streams_ = {Stream{out[0], &outcome_.out}, Stream{err[0], &outcome_.err}};
        if (pid_ < 0) {
            throw std::runtime_error{"no process"};
        }
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() {
        if (!ended_) {
            send(SIGKILL);
            finish();
        }
        for (const auto& stream : streams_) {
            if (stream.descriptor >= 0) ::close(stream.descriptor);
        }
        hang_up();
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void send(int signal) const noexcept { ::kill(pid_, signal); }
    /// What it said so far.
    [[nodiscard]] const std::string& out() const noexcept { return outcome_.out; }

    void type(std::string_view text) const {
        [[maybe_unused]] const auto written = ::write(input_, text.data(), text.size());
    }
    /// Ends its standard input.
    void hang_up() {
        if (input_ >= 0) ::close(std::exchange(input_, -1));
    }

    /// Reads what it says until it ends; kills it when that takes longer than `bound`.
    [[nodiscard]] Outcome wait(Milliseconds bound = std::chrono::seconds{30}) {
        while (!ended_) {
            watch(Milliseconds{10});
            if (!outcome_.timed_out && Clock::now() - started_ > bound) {
                outcome_.timed_out = true;
                send(SIGKILL);
            }
        }
        return outcome_;
    }

    /// Lets it run until `condition` holds; false when it ended before, or after `bound`.
    template <typename Condition>
    [[nodiscard]] bool runs_until(Condition condition, Milliseconds bound = std::chrono::seconds{20}) {
        const auto end = Clock::now() + bound;
        while (!condition()) {
            watch(Milliseconds{1});
            if (ended_ || Clock::now() > end) return condition();
        }
        return true;
    }

  private:
    using Clock = std::chrono::steady_clock;
    struct Stream {
        int descriptor = -1;
        std::string* text = nullptr;
    };

    static std::vector<char*> pointers(Strings& texts) {
        std::vector<char*> list;
        for (auto& text : texts) list.push_back(text.data());
        list.push_back(nullptr);
        return list;
    }

    /// Between fork and exec of a process with threads: nothing but system calls.
    [[noreturn]] static void become(const Launch& launch, const std::vector<char*>& argv,
                                    const std::vector<char*>& envp, const std::array<int, 3>& standard) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int input = standard[0] >= 0 ? standard[0] : ::open("/dev/null", O_RDONLY);
        bool fine = ::dup2(input, STDIN_FILENO) >= 0 && ::dup2(standard[1], STDOUT_FILENO) >= 0 &&
                    ::dup2(standard[2], STDERR_FILENO) >= 0;
        if (launch.mask) ::umask(*launch.mask);
        if (launch.largest_file) {
            const rlimit limit{*launch.largest_file, *launch.largest_file};
            fine = fine && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
        }
        if (launch.user) {
            // By descriptor: the program may lie below a folder that is closed to others, as /root is.
            const int file = ::open(argv[0], O_PATH | O_CLOEXEC);
            fine = fine && ::setgid(*launch.user) == 0 && ::setuid(*launch.user) == 0;
            if (fine) ::fexecve(file, argv.data(), envp.data());
            ::_exit(127);
        }
        if (fine) ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }

    void watch(Milliseconds patience) {
        look_at_memory();
        std::array<pollfd, 2> ready{pollfd{streams_[0].descriptor, POLLIN, 0},
                                    pollfd{streams_[1].descriptor, POLLIN, 0}};
        ::poll(ready.data(), ready.size(), static_cast<int>(patience.count()));
        bool open = false;
        for (std::size_t i = 0; i < ready.size(); ++i) {
            if (ready[i].revents != 0) take(streams_[i]);
            open = open || streams_[i].descriptor >= 0;
        }
        if (!open) finish();
    }

    static void take(Stream& stream) {
        std::array<char, 65536> block;
        const auto got = ::read(stream.descriptor, block.data(), block.size());
        if (got > 0) {
            stream.text->append(block.data(), static_cast<std::size_t>(got));
        } else if (got == 0 || errno != EINTR) {
            ::close(std::exchange(stream.descriptor, -1));
        }
    }

    /// wait4 would tell the size of this process too, of which the child was a copy until it became the program.
    void look_at_memory() {
        std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
        bool is_program = false;
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("Name:")) is_program = line.find("aquila-fetch") != std::string::npos;
            if (is_program && line.starts_with("VmHWM:")) {
                outcome_.peak_kib = std::max(outcome_.peak_kib, std::atol(line.c_str() + 6));
            }
        }
    }

    void finish() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        ended_ = true;
        outcome_.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - started_);
        outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        outcome_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }

    Clock::time_point started_;
    pid_t pid_ = -1;
    int input_ = -1;
    std::array<Stream, 2> streams_;
    Outcome outcome_;
    bool ended_ = false;
};

}  // namespace aquila::e2e
