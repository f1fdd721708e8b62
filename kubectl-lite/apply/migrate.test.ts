import { describe, expect, it } from 'vitest';
import { handedOver } from './migrate.ts';
import { LAST_APPLIED } from './last-applied.ts';

const annotation = { 'f:metadata': { 'f:annotations': { [`f:${LAST_APPLIED}`]: {} } } };
const update = (manager: string, fieldsV1: object): object => ({
  manager,
  operation: 'Update',
  fieldsV1,
});

describe('handing fields over to server-side apply', () => {
  it('leaves alone what client-side apply never touched', () => {
    expect(handedOver([update('jane', { 'f:data': {} })], 'kubectl')).toBeUndefined();
  });

  it('joins the fields of client-side apply with its own', () => {
    const controller = update('controller', { 'f:status': {} });
    const entries = [
      controller,
      update('kubectl-client-side-apply', { ...annotation, 'f:data': { 'f:a': {} } }),
      { manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:data': { 'f:b': {} } } },
    ];
    expect(handedOver(entries, 'kubectl')).toEqual([
      controller,
      {
        manager: 'kubectl',
        operation: 'Apply',
        fieldsV1: { ...annotation, 'f:data': { 'f:a': {}, 'f:b': {} } },
      },
    ]);
  });

  it('gives them another name where there is nothing to join', () => {
    expect(handedOver([update('kubectl-client-side-apply', annotation)], 'me')).toEqual([
      { manager: 'me', operation: 'Apply', fieldsV1: annotation },
    ]);
  });
});
