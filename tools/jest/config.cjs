/** One jest configuration for every project; `rootDir` comes from the command line. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: 'node',
  // 'import' must not be among the conditions: jest would take it for `require` calls of CommonJS packages too.
  testEnvironmentOptions: { customExportConditions: ['@fog/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': require.resolve('./transform.cjs') },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  watchman: false,
  injectGlobals: false,
  testTimeout: 30_000,
};
