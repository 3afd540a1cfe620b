//! Tells the linker what a Node-API library needs on this platform.

fn main() {
    napi_build::setup();
}
