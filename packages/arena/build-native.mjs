/**
 * Builds the native part into `native/`, where `src/binding.ts` finds it from `src` and from `dist`. Where it cannot be
 * built for want of a toolchain, says so and succeeds, as the JavaScript allocator takes over; FOG_REQUIRE_NATIVE=1 makes
 * that a failure. What does not compile is always one.
 *
 *     node packages/arena/build-native.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const output = join(folder, 'native');
/** What napi 3 needs; `rust-version` in Cargo.toml says the same. */
const LEAST_RUST = [1, 88];

// An old binary must not outlive what it was built from. The folder stays, as the build's declared output.
rmSync(output, { recursive: true, force: true });
mkdirSync(output);

const missing = missingTool();
if (missing === undefined) await build();
else {
  console.log(`@fog/arena: no native part is built, ${missing}; the JavaScript allocator takes its place.`);
  process.exitCode = process.env['FOG_REQUIRE_NATIVE'] === '1' ? 1 : 0;
}

function missingTool() {
  const version = outputOf('cargo', ['--version']);
  if (version === undefined) return 'as there is no cargo (https://rustup.rs)';
  const [major = 0, minor = 0] = version.match(/\d+/g)?.map(Number) ?? [];
  if (major < LEAST_RUST[0] || (major === LEAST_RUST[0] && minor < LEAST_RUST[1])) return `as it needs Rust ${LEAST_RUST.join('.')} and this is ${version.trim()}`;
  // On Windows rustc finds the linker of Visual Studio by itself, or says what to install.
  if (process.platform !== 'win32' && outputOf('cc', ['--version']) === undefined) return 'as there is no linker (cc)';
  if (outputOf('cargo', ['fetch', '--locked', '--quiet']) === undefined) return 'as cargo could not fetch the crates of Cargo.lock';
  return undefined;
}

async function build() {
  const { NapiCli } = await import('@napi-rs/cli');
  const { task } = await new NapiCli().build({
    cwd: folder,
    manifestPath: 'binding/Cargo.toml',
    outputDir: 'native',
    platform: true,
    release: true,
    noJsBinding: true,
    cargoOptions: ['--locked'],
  });
  await task;
}

/** `undefined` if the command is not there or fails. */
function outputOf(/** @type {string} */ command, /** @type {string[]} */ args) {
  const { status, stdout } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return status === 0 ? stdout : undefined;
}
