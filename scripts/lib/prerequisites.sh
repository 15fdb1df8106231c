# Checks that what the build needs is there, and installs what is missing where that is possible.
#
# To be sourced. `require_swift` and `require_zlib` return when Swift and zlib can be built with, and end the script with status 69
# when they cannot.

# The packages of Debian and Ubuntu that Swift itself needs (https://www.swift.org/install/linux/).
swift_packages=(
    binutils g++ git libc6-dev libcurl4-openssl-dev libedit2 libncurses6 libpython3-dev libsqlite3-0 libxml2 libz3-4
    pkg-config tzdata unzip
)

# What the scripts start talks to itself on this host, whatever proxy a developer's environment names.
no_proxy="${no_proxy:-${NO_PROXY:-}},localhost,127.0.0.1,::1"
export no_proxy NO_PROXY="$no_proxy"

say() { printf '%s\n' "$*" >&2; }

# Runs a command as root: directly, or by sudo where it asks for no password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

# Installs packages of Debian or Ubuntu; answers with a failure where that is not possible.
install_packages() {
    command -v apt-get >/dev/null || return 1
    as_root true || return 1
    say "Installing $* …"
    # Another installation may hold the lock, and a download may fail once.
    local patience=(-o DPkg::Lock::Timeout=120 -o Acquire::Retries=3)
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get "${patience[@]}" install -y --no-install-recommends "$@")
    as_root "${install[@]}" >&2 && return 0
    as_root apt-get "${patience[@]}" update >&2 || return 1
    as_root "${install[@]}" >&2
}

# The packages among the arguments that are not installed and that this system knows.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
        apt-cache show "$package" >/dev/null 2>&1 && printf '%s\n' "$package"
    done
    return 0
}

# Whether a compiler, a linker and the headers of the C library are there and work together.
compiles() {
    local directory status=0
    directory=$(mktemp -d) || return 1
    printf 'import Foundation\nprint(Date().timeIntervalSince1970 > 0)\n' >"$directory/check.swift"
    swiftc -o "$directory/check" "$directory/check.swift" >"$directory/log" 2>&1 && "$directory/check" >/dev/null || status=$?
    [ "$status" = 0 ] || sed 's/^/    /' "$directory/log" >&2
    rm -rf "$directory"
    return "$status"
}

require_swift() {
    local wanted=6.2 version missing
    if [ "$(uname -s)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
        say "Expected Xcode or its command line tools, found neither. Install them with: xcode-select --install"
        exit 69
    fi
    if ! command -v swift >/dev/null; then
        say "Expected Swift $wanted or later, found none. https://www.swift.org/install says how to get it;"
        say "with swiftly: swiftly install latest. Then open a new shell, so that swift is in the PATH."
        exit 69
    fi
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
    if [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$wanted" "$version" | sort -V | head -n 1)" != "$wanted" ]; then
        say "Expected Swift $wanted or later, found $version. https://www.swift.org/install says how to get a newer one."
        exit 69
    fi
    # What has been built here before can be built again.
    [ ! -e .build/debug ] || return 0
    compiles 2>/dev/null && return 0
    if command -v dpkg-query >/dev/null; then
        say "swiftc cannot build a small program; looking for packages that are missing …"
        # A fresh system does not know its packages yet.
        as_root apt-get update >&2 || true
        missing=$(missing_packages "${swift_packages[@]}")
        if [ -n "$missing" ]; then
            # shellcheck disable=SC2086 # one word a package
            install_packages $missing || {
                say "Swift needs packages that are not installed, and they cannot be installed from here. As root:"
                say "    apt-get install $(printf '%s' "$missing" | tr '\n' ' ')"
                exit 69
            }
        fi
    fi
    if ! compiles; then
        say "Expected swiftc to build a small program, but it failed as above."
        say "https://www.swift.org/install lists what Swift needs on this system."
        exit 69
    fi
}

# Whether the header of zlib is where the compiler looks for it.
has_zlib() {
    [ "$(uname -s)" = Darwin ] || [ -e /usr/include/zlib.h ] || pkg-config --exists zlib 2>/dev/null
}

# The product PhoenixDeflate, and all that depends on it, is built with the zlib of the system.
require_zlib() {
    has_zlib && return 0
    # Debian's package provides libz-dev, too; the name of old is the one that every release has.
    install_packages zlib1g-dev && has_zlib && return 0
    say "Expected the header of zlib, which is not installed. On Debian and Ubuntu: apt-get install libz-dev; elsewhere zlib-devel."
    exit 69
}

# Makes sure that a command is there, by installing the Debian package that brings it.
require_tool() {
    command -v "$1" >/dev/null && return 0
    install_packages "$2" && command -v "$1" >/dev/null && return 0
    say "Expected the command $1, which is not installed. On Debian: apt-get install $2"
    exit 69
}
