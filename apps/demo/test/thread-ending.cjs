// Preloaded into a gateway by a test: a worker thread ends in the middle of a batch that names the device `thread-ending`.
const crypto = require('node:crypto');
const { syncBuiltinESMExports } = require('node:module');
const { isMainThread } = require('node:worker_threads');

if (!isMainThread) {
  const { createHash } = crypto;
  crypto.createHash = (...options) => {
    const hash = createHash(...options);
    const update = hash.update.bind(hash);
    hash.update = (bytes) => (Buffer.from(bytes).includes('thread-ending') ? process.exit(3) : update(bytes));
    return hash;
  };
  syncBuiltinESMExports();
}
