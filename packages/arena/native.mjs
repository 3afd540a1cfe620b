/**
 * The native part, for those who have Rust. Where it is missing, says so and succeeds, as the JavaScript allocator takes
 * over; with FOG_REQUIRE_NATIVE=1 that is a failure. What does not compile always is.
 *
 *     node packages/arena/native.mjs build    into native/, where src/binding.ts finds it from src and from dist
 *     node packages/arena/native.mjs check    format, clippy and tests
 *     node packages/arena/native.mjs release  npm/: a package for each platform, with what was built for it, and checksums
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from '../../tools/summary/counts.mjs';

const folder = import.meta.dirname;
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
  check: (missing) => runChecks(join(folder, '.cache/test-results/rust.json'), missing === undefined ? checks : nothing),
};

const command = COMMANDS[process.argv[2] ?? ''];
if (command === undefined) throw new Error('usage: node packages/arena/native.mjs build|check|release');
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
  const packages = join(folder, 'npm');
  rmSync(packages, { recursive: true, force: true });
  await new NapiCli().createNpmDirs({ cwd: folder, npmDir: 'npm' });
  const checksums = [];
  for (const platform of readdirSync(packages)) {
    const name = `fog-arena.${platform}.node`;
    const built = join(folder, 'native', name);
    if (!existsSync(built)) continue;
    copyFileSync(built, join(packages, platform, name));
    // As `sha256sum --check` reads it.
    checksums.push(`${createHash('sha256').update(readFileSync(built)).digest('hex')}  ${platform}/${name}\n`);
  }
  writeFileSync(join(packages, 'SHA256SUMS'), checksums.join(''));
}

async function* checks() {
  yield check('rust is formatted', run('cargo', 'fmt', '--all', '--check'));
  yield check('clippy finds nothing', run('cargo', 'clippy', '--locked', '--workspace', '--all-targets', '--', '-D', 'warnings'));
  // Loom builds everything anew, with atomics of its own; beside the rest, so that neither build undoes the other.
  const loom = { RUSTFLAGS: '--cfg loom', CARGO_TARGET_DIR: join(folder, '../../target/loom') };
  yield check('rust: the lock holds in every order of two threads (loom)', runWith(loom, 'cargo', 'test', '--locked', '--package', 'fog-arena-core', '--lib', 'lock'));
  const tests = run('cargo', 'test', '--locked', '--workspace');
  const results = [...tests.output.matchAll(/^test (\S+)(?: - \S+)? \.\.\. (\w+)$/gm)];
  for (const [, name, result] of results) yield check(`rust: ${name}`, { status: result === 'FAILED' ? 1 : 0, output: tests.output });
  if (tests.status !== 0 && !results.some(([, , result]) => result === 'FAILED')) yield check('rust: tests run', tests);
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
