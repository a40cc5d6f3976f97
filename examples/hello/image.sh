#!/bin/sh
# Makes the example's image as a folder: the machine's static busybox (Debian: busybox-static) with its commands as links.
# Then: ./proa image load "hello:1"
set -eu
busybox=$(command -v busybox)
for folder in "hello:1" "hello:2"; do
  mkdir -p "$folder/bin" "$folder/tmp" "$folder/etc"
  cp "$busybox" "$folder/bin/busybox"
  for command in $("$busybox" --list | grep -vx busybox); do ln -sf busybox "$folder/bin/$command"; done
  echo "$folder" > "$folder/etc/version"
done
