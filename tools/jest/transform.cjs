/** TypeScript to JavaScript for jest, by esbuild; types are checked by `tsc` in the typecheck target. */
const { createHash } = require('node:crypto');
const { transformSync, version } = require('esbuild');

module.exports = {
  process: (text, path) => {
    const { code, map } = transformSync(text, { loader: 'ts', format: 'esm', target: 'node20.19', sourcemap: 'external', sourcefile: path });
    return { code, map };
  },
  getCacheKey: (text, path) => createHash('sha256').update(`${version}\0${path}\0${text}`).digest('hex'),
};
