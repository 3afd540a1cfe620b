/**
 * The native part, for those who have Rust. Where it is missing, says so and succeeds, as the JavaScript allocator takes
 * over; with FOG_REQUIRE_NATIVE=1 that is a failure. What does not compile always is.
 *
 *     node packages/arena/native.mjs build    into native/, where src/binding.ts finds it from src and from dist
 *     node packages/arena/native.mjs check    format, clippy and tests; those of the unsafe file under AddressSanitizer too
 *     node packages/arena/native.mjs sanitize all Rust tests, and with a native part so built those in TypeScript, under AddressSanitizer
 *     node packages/arena/native.mjs release  npm/: a package for each platform, with what was built here, and checksums
 *     node packages/arena/native.mjs checksums npm/SHA256SUMS of what is in npm/ by now, which the loader holds binaries to
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runChecks } from '../../tools/summary/counts.mjs';

const folder = import.meta.dirname;
/** Of a release. */
const packages = join(folder, process.argv[3] ?? 'npm');
const sanitized = join(folder, '../../target/asan');
/** What napi 3 needs; `rust-version` in Cargo.toml says the same. */
const LEAST_RUST = [1, 88];
/** @type {Record<string, (missing: string | undefined) => unknown>} */
const COMMANDS = {
  build: async (missing) => {
    // An old binary must not outlive its source. The folder stays: it is the declared output of the target.
    rmSync(join(folder, 'native'), { recursive: true, force: true });
    mkdirSync(join(folder, 'native'));
    if (missing === undefined) await build();
  },
  release,
  checksums,
  sanitize: (missing) => missing === undefined && sanitize(),
  check: (missing) => runChecks(join(folder, '.cache/test-results/rust.json'), missing === undefined ? checks : nothing),
};

const command = COMMANDS[process.argv[2] ?? ''];
if (command === undefined) throw new Error('usage: node packages/arena/native.mjs build|check|sanitize|release|checksums');
const missing = missingTool();
await command(missing);
if (missing !== undefined) {
  console.log(`@fog/arena goes without its native part, ${missing}; the JavaScript allocator takes its place.`);
  if (process.env['FOG_REQUIRE_NATIVE'] === '1') process.exitCode = 1;
}

function missingTool() {
  const version = run('cargo', '--version');
  if (version.status !== 0) return 'as there is no cargo (https://rustup.rs)';
  const [major = 0, minor = 0] = version.output.match(/\d+/g)?.map(Number) ?? [];
  const [leastMajor = 0, leastMinor = 0] = LEAST_RUST;
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) return `as it needs Rust ${LEAST_RUST.join('.')} and this is ${version.output.trim()}`;
  // On Windows rustc finds the linker of Visual Studio by itself, or says what to install.
  if (process.platform !== 'win32' && run('cc', '--version').status !== 0) return 'as there is no linker (cc)';
  const fetched = run('cargo', 'fetch', '--locked');
  return fetched.status === 0 ? undefined : `as cargo could not fetch the crates of Cargo.lock:\n${fetched.output}`;
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

/** As @napi-rs/cli lays packages out; its `artifacts` brings in what other machines built, `pre-publish` makes them optional dependencies. */
async function release() {
  const { NapiCli } = await import('@napi-rs/cli');
  rmSync(packages, { recursive: true, force: true });
  await new NapiCli().createNpmDirs({ cwd: folder, npmDir: relative(folder, packages) });
  for (const platform of readdirSync(packages)) {
    const name = `fog-arena.${platform}.node`;
    const built = join(folder, 'native', name);
    if (existsSync(built)) copyFileSync(built, join(packages, platform, name));
  }
  checksums();
}

/** As `sha256sum --check` reads them. */
function checksums() {
  const files = readdirSync(packages, { recursive: true, encoding: 'utf8' });
  const binaries = files.filter((name) => name.endsWith('.node')).map((name) => name.replaceAll('\\', '/')).toSorted();
  const digest = (/** @type {string} */ name) => createHash('sha256').update(readFileSync(join(packages, name))).digest('hex');
  writeFileSync(join(packages, 'SHA256SUMS'), binaries.map((name) => `${digest(name)}  ${name}\n`).join(''));
}

async function* checks() {
  yield check('rust is formatted', run('cargo', 'fmt', '--all', '--check'));
  yield check('clippy finds nothing', run('cargo', 'clippy', '--locked', '--workspace', '--all-targets', '--', '-D', 'warnings'));
  // Loom builds everything anew, with atomics of its own; beside the rest, so that neither build undoes the other.
  const loom = { RUSTFLAGS: '--cfg loom', CARGO_TARGET_DIR: join(folder, '../../target/loom') };
  yield check('rust: the lock holds in every order of two threads (loom)', runWith(loom, 'cargo', 'test', '--locked', '--package', 'fog-arena-core', '--lib', 'lock'));
  yield* testsOf('rust', run('cargo', 'test', '--locked', '--workspace'));
  const lacks = lacksSanitizer();
  if (lacks !== undefined) console.log(`AddressSanitizer did not look at memory.rs, ${lacks}.`);
  else yield* testsOf('rust, under AddressSanitizer', cargoSanitized('test', '--package', 'fog-arena-binding', '--test', 'memory'));
}

/** A check for each test that cargo ran. */
function* testsOf(/** @type {string} */ kind, /** @type {{ status: number | null, output: string }} */ { status, output }) {
  const results = [...output.matchAll(/^test (\S+)(?: - \S+)? \.\.\. (\w+)$/gm)];
  for (const [, name, result] of results) yield check(`${kind}: ${name}`, { status: result === 'FAILED' ? 1 : 0, output });
  if (results.length === 0 || (status !== 0 && !results.some(([, , result]) => result === 'FAILED'))) yield check(`${kind}: tests run`, { status: status || 1, output });
}

/** Minutes; for a change of what is unsafe, not for every commit. */
function sanitize() {
  const lacks = lacksSanitizer() ?? lacksPreload();
  if (lacks !== undefined) return fail(`AddressSanitizer did not run, ${lacks}.`);
  insist(cargoSanitized('test', '--workspace', '--exclude', 'fog-arena-rivals'));
  insist(cargoSanitized('build', '--package', 'fog-arena-binding'));
  const [built] = readdirSync(join(folder, 'native')).filter((name) => name.endsWith('.node'));
  if (built === undefined) return fail('AddressSanitizer ran over the Rust tests alone, as the native part is not built (nx run arena:native).');
  const [usual, aside] = [join(folder, 'native', built), join(folder, '.cache/usual.node')];
  copyFileSync(usual, aside);
  try {
    copyFileSync(join(sanitized, host(), 'debug', 'libfog_arena_binding.so'), usual);
    // Leaks are what V8 leaves to the end of the process.
    insist(runWith({ LD_PRELOAD: preload(), ASAN_OPTIONS: 'detect_leaks=0' }, process.execPath, '../../tools/jest/main.mjs', '.'));
  } finally {
    copyFileSync(aside, usual);
  }
}

/** The compiler that there is takes flags of the nightly one, and names the target, so that build scripts go without. */
function cargoSanitized(/** @type {string} */ command, /** @type {string[]} */ ...args) {
  const environment = { RUSTC_BOOTSTRAP: '1', RUSTFLAGS: '-Zsanitizer=address', CARGO_PROFILE_DEV_DEBUG: 'line-tables-only', CARGO_TARGET_DIR: sanitized };
  return runWith(environment, 'cargo', command, '--locked', '--target', host(), ...args);
}

function lacksSanitizer() {
  if (process.platform !== 'linux') return 'as memory.rs does nothing but on Linux';
  const libraries = run('rustc', '--print', 'target-libdir').output.trim();
  return existsSync(libraries) && readdirSync(libraries).some((name) => name.endsWith('_rt.asan.a')) ? undefined : `as this Rust has no runtime of it (${libraries}/librustc-*_rt.asan.a)`;
}

/** The runtime that a program must have which loads what was built with it; that of gcc and of LLVM have the same interface. */
function preload() {
  return run('cc', '-print-file-name=libasan.so').output.trim();
}

function lacksPreload() {
  return existsSync(preload()) ? undefined : 'as there is no libasan.so to start Node with (it comes with gcc)';
}

function host() {
  return /^host: (.*)$/m.exec(run('rustc', '-vV').output)?.[1] ?? '';
}

function insist(/** @type {{ status: number | null, output: string }} */ { status, output }) {
  console.log(output);
  if (status !== 0) throw new Error('AddressSanitizer, or a test under it, found something');
}

function fail(/** @type {string} */ why) {
  console.log(why);
  process.exitCode = 1;
}

async function* nothing() {}

function check(/** @type {string} */ name, /** @type {{ status: number | null, output: string }} */ { status, output }) {
  return status === 0 ? { name } : { name, failure: output };
}

function run(/** @type {string} */ program, /** @type {string[]} */ ...args) {
  return runWith({}, program, ...args);
}

function runWith(/** @type {Record<string, string>} */ environment, /** @type {string} */ program, /** @type {string[]} */ ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment } });
  return { status, output: `${stdout ?? ''}${stderr ?? ''}` };
}
