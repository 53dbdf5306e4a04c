# Where images lie: a store of the project's own. Sourced by build.sh and run.sh.
IMAGE=localhost/stackreflex:test
IMAGE_CACHE=$PWD/.ci/cache/image
IMAGE_STATE=${LAB_STATE:-$PWD/.lab}/image

store() { buildah --root "$IMAGE_STATE/root" --runroot "$IMAGE_STATE/run" --storage-driver "${IMAGE_DRIVER:-overlay}" "$@"; }
