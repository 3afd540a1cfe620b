import { invalidOption } from '../errors.js';
import { checkNames } from '../option-names.js';
import type { Action } from './action-runner.js';

export interface WebhookOptions {
  /** Added to the request's own. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An action that POSTs the notification as JSON. What is not answered by a status of 200 to 299 is a failure.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION`
 */
export function webhook(url: string | URL, options: WebhookOptions = {}): Action {
  checkNames('webhook option', options, ['headers']);
  if (!URL.canParse(String(url)) || !/^https?:$/.test(new URL(url).protocol)) throw invalidOption('url', String(url), 'an http or https URL');
  const { headers = {} } = options;
  return async (notification, { signal }) => {
    const response = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(notification), signal });
    await response.body?.cancel(); // Unread, it would keep the connection.
    if (!response.ok) throw new Error(`${new URL(url).origin} answered ${response.status}`);
  };
}
