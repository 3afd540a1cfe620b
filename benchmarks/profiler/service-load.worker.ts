import http from 'node:http';

/** Asks a service 200 times a second over two connections, for 1 s, and prints the p99 in ms. */
const [, , url = ''] = process.argv;
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const latencies: number[] = [];

const ask = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const fromMs = performance.now();
    http.get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => {
        latencies.push(performance.now() - fromMs);
        resolve();
      });
    }).on('error', reject);
  });

const asked: Promise<void>[] = [];
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    asked.push(ask());
    if (asked.length < 200) return;
    clearInterval(timer);
    resolve();
  }, 5);
});
await Promise.all(asked);
agent.destroy();
latencies.sort((a, b) => a - b);
console.log(latencies[Math.floor(latencies.length * 0.99)]);
