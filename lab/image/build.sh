#!/bin/bash
# Builds the image from the project's own Dockerfile, with a base image made here: Debian by debootstrap, Node and npm from
# npm's packages. No registry of images is asked, and no daemon is needed. Prints the image's name and size.
set -euo pipefail
cd "$(dirname "$0")/../.."
. lab/image/store.sh

need=()
for package in buildah debootstrap; do dpkg -s "$package" >/dev/null 2>&1 || need+=("$package"); done
if [ ${#need[@]} -gt 0 ]; then
  apt-cache show "${need[@]}" >/dev/null 2>&1 || apt-get -q update
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q install --yes --no-install-recommends "${need[@]}"
fi >&2
node setup.mjs >&2

mkdir -p "$IMAGE_CACHE" "$IMAGE_STATE"
exec 9>"$IMAGE_STATE/lock"
flock 9

# Debian's base system from the mirror that this machine uses.
rootfs=$IMAGE_CACHE/bookworm.tar
if [ ! -e "$rootfs" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)
  rm -rf "$IMAGE_CACHE/building"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$IMAGE_CACHE/building" "$mirror" >&2
  tar -C "$IMAGE_CACHE/building" -cf "$rootfs.part" --exclude=./var/cache/apt/archives/*.deb .
  mv "$rootfs.part" "$rootfs"
  rm -rf "$IMAGE_CACHE/building"
fi

# What the Dockerfile asks for under this name: Debian, Node and npm.
npm_folder=$IMAGE_CACHE/npm/node_modules/npm
[ -e "$npm_folder/bin/npm-cli.js" ] || npm install --silent --prefix "$IMAGE_CACHE/npm" npm@11 >&2
base=$(store from scratch)
mounted=$(store mount "$base")
tar -C "$mounted" -xf "$rootfs"
install -m 755 node_modules/node-linux-*/bin/node "$mounted/usr/local/bin/node"
mkdir -p "$mounted/usr/local/lib/node_modules"
cp -aL "$npm_folder" "$mounted/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$mounted/usr/local/bin/npm"
chroot "$mounted" useradd --create-home --uid 1000 --shell /bin/bash node
store umount "$base" >/dev/null
store config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd node "$base"
store commit --quiet --rm "$base" localhost/node:24-bookworm-slim >&2

# A machine behind a proxy of packages has its own authorities and its own npmrc: the build sees them, the image does not keep them.
npmrc=$IMAGE_STATE/npmrc
: >"$npmrc"
user=$(npm config get userconfig)
[ ! -e "$user" ] || cat "$user" >>"$npmrc"
[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || { echo; echo cafile=/etc/ssl/certs/ca-certificates.crt; } >>"$npmrc"
mounts=(--volume /etc/ssl/certs:/etc/ssl/certs:ro --volume "$npmrc:/usr/local/etc/npmrc:ro")
began=$SECONDS
store bud --isolation chroot --network host --pull-never "${mounts[@]}" --tag "$IMAGE" . >&2
store inspect --type image --format "$IMAGE {{.FromImageID}} built in $((SECONDS - began)) s" "$IMAGE"
