export const seconds = (ms: number): string => (ms < 1e3 ? `${ms.toFixed(1)} ms` : `${(ms / 1e3).toFixed(2)} s`);
export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
export const integer = (value: number): string => Math.round(value).toLocaleString('en-US');
