import { expect, it } from '@jest/globals';
import { parseTemplate } from '../../src/rules/template.js';

it.each([
  ['{{ value }} and {{ $value }} of {{ $labels.device }}{{ labels.nosuch }}', 0.123456789, '0.123457 and 0.123457 of sda'],
  ['{{ value | humanize }}', 1_234_567, '1.235M'],
  ['{{ value | humanize1024 }}B', 3 * 2 ** 30, '3GiB'],
  ['{{ value | humanizePercentage }}', 0.4567, '45.67%'],
  ['{{ value | humanizeDuration }}', 93_784_000, '1d 2h'],
  ['{{ value | humanizeDuration }}', 40, '40ms'],
  ['{{ value | humanizeDuration }}', Infinity, 'never'],
  ['{{ labels.size | humanize1024 }}', 0, '2Ki'],
  ['{{value}}', Number.NaN, 'no data'],
  ['no places } {', 1, 'no places } {'],
])('%s', (text, value, expected) => {
  expect(parseTemplate(text)({ labels: { device: 'sda', size: '2048' }, value })).toBe(expected);
});

it.each(['{{ nonsense }}', '{{ value | shout }}', '{{ labels }}', '{{ value', '{{ value | humanize | humanize }}', '{{ constructor }}', '{{ value | constructor }}'])('%s means nothing', (text) => {
  expect(() => parseTemplate(text)).toThrow(/\{\{/);
});
