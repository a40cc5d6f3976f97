# Sourced by ./proa and tools/run, with $root set to the clone (or the installed package). Two functions:
#   ensure_dependencies   node_modules holds what package-lock.json says, or the script ends with a message
#   find_node             sets $node to a Node >= 24: the pinned one of node_modules, else the one on the PATH
# and what Node is started with, so that a server keeps no more memory than it has use for: $frugal, and the environment.
# POSIX sh only, and no process is started when there is nothing to do but cmp: start-up is a budget.

# Young objects get 32 MB twice instead of 64 or more: less at the height of a load, at the same speed. (16 would save 9 MB with 13,000 pods; a server
# is as quick with that, a busy client of ours is not; letting old ones grow less between two full collections would cost a tenth.) glibc gives every thread an arena of its own, which keeps
# what it once had: two for all are 40 MB less after a load.
frugal='--max-semi-space-size=32'
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"

fail() { printf 'proa: %s\n' "$*" >&2; exit 1; }

find_node() {
  for node in "$root"/node_modules/node-*/bin/node; do
    [ -x "$node" ] && return
  done
  node=$(command -v node) || fail 'no Node.js found. Install Node 24 or newer (a clone needs any Node >= 20 with npm).'
  major=$("$node" -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 24 ] || fail "Node $major is too old and node_modules has no pinned one for this platform. Install Node 24 or newer."
}

# A copy of the lockfile lies in node_modules; where the two agree there is nothing to do.
ensure_dependencies() {
  [ -f "$root/package-lock.json" ] || return 0
  cmp -s "$root/package-lock.json" "$root/node_modules/.proa-lock" && return
  mkdir -p "$root/.cache" 2>/dev/null && [ -w "$root" ] && [ -w "$root/.cache" ] ||
    fail "the npm dependencies are not installed and $root is not writable. Run ./proa version once as its owner."
  command -v npm >/dev/null && command -v node >/dev/null || fail 'npm not found. Install Node.js 20 or newer with npm.'
  lock_dependencies
  # Another launch may have installed them while this one waited for the lock.
  if ! cmp -s "$root/package-lock.json" "$root/node_modules/.proa-lock"; then
    if node "$root/tools/installed.mjs" "$root"; then
      cp "$root/package-lock.json" "$root/node_modules/.proa-lock" || fail 'cannot write to node_modules'
    else
      install_dependencies
    fi
  fi
  unlock_dependencies
  trap - EXIT INT TERM HUP
}

# npm works in a folder of its own, so that an interrupted install leaves nothing half done and a running cluster
# loses its modules only for the moment of the rename.
install_dependencies() {
  staging=$root/.cache/install.$$
  mkdir -p "$staging" && cp "$root/package.json" "$root/package-lock.json" "$staging/" || fail "cannot write to $root/.cache"
  [ -f "$root/.npmrc" ] && cp "$root/.npmrc" "$staging/"
  printf 'proa: installing npm dependencies (first run, or package-lock.json changed)' >&2
  # The subshell is the progress: a dot a second as long as npm runs.
  ( while sleep 1; do printf . >&2; done ) & dots=$!
  (cd "$staging" && exec npm ci --ignore-scripts --no-audit --no-fund >"$staging/npm.log" 2>&1)
  status=$?
  kill "$dots" 2>/dev/null; wait "$dots" 2>/dev/null; dots=
  if [ "$status" -ne 0 ]; then
    printf ' failed\n' >&2
    tail -n 20 "$staging/npm.log" >&2
    fail "npm ci failed (exit $status). Is the npm registry reachable (npm config get registry)? Then run the command again."
  fi
  cp "$root/package-lock.json" "$staging/node_modules/.proa-lock"
  if [ -e "$root/node_modules" ]; then mv "$root/node_modules" "$staging/before" || fail "cannot replace $root/node_modules"; fi
  mv "$staging/node_modules" "$root/node_modules" || fail "cannot move the modules to $root/node_modules"
  rm -rf "$staging"; staging=
  printf ' done\n' >&2
}

# One install at a time. The lock is a folder with the holder's pid; a holder that died is thrown out.
lock_dependencies() {
  lock=$root/.cache/install.lock waited=0
  until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null)
    if { [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; } || { [ -z "$holder" ] && [ "$waited" -ge 5 ]; }; then
      mv "$lock" "$lock.$$" 2>/dev/null && rm -rf "$lock.$$" "$root/.cache/install.${holder:-none}"
      continue
    fi
    [ "$waited" -eq 0 ] && printf 'proa: waiting for another launch that installs the npm dependencies\n' >&2
    [ "$waited" -ge 600 ] && fail "waited 10 minutes for process $holder to install dependencies; end it and try again."
    sleep 1; waited=$((waited + 1))
  done
  staging='' dots=''
  trap 'unlock_dependencies' EXIT
  trap 'exit 130' INT TERM HUP
  echo $$ >"$lock/pid"
}

unlock_dependencies() {
  [ -n "$dots" ] && kill "$dots" 2>/dev/null
  [ -n "$staging" ] && rm -rf "$staging"
  rm -rf "$lock"
}
