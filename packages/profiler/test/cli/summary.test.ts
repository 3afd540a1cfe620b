import { expect, it } from '@jest/globals';
import { summaryOf } from '../../src/cli/summary.js';
import { createProfile } from '../../src/profile.js';
import { samplesFrom } from '../arbitrary-samples.js';

it('lets no name of a function or a file steer the terminal', () => {
  const hostile = { name: '\u001b[2Jcleared\r\n', url: 'file:///app/\u001b]0;title\u0007.js', line: 3, column: 1, kind: 'script' as const };
  const cpu = samplesFrom(Array.from({ length: 900 }, () => ({ deltaUs: 1_000, stack: [hostile] })));
  const summary = summaryOf(createProfile({ durationMs: 900, cpu }));
  expect(summary).toContain('?[2Jcleared?? (?]0;title?.js:3) takes');
  // oxlint-disable-next-line no-control-regex -- these are the letters that do
  expect(summary).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});
