import type { DeleteRangeRequest, PutRequest, RequestOp, TxnRequest } from '../kv.ts';
import type { Command } from '../mvcc/command.ts';
import type { Lessor } from '../mvcc/lessor.ts';
import type { Access } from './access.ts';

export interface CommandGate {
  readonly lessor: Pick<Lessor, 'get'>;
  readonly access: () => Access;
  readonly checkAdmin: () => void;
}

/** Throws unless every part of the command is permitted, nested transactions included. */
export function checkCommand(command: Command, gate: CommandGate): void {
  switch (command.type) {
    case 'put':
      return checkPut(command.request, gate.access(), gate.lessor);
    case 'deleteRange':
      return checkDelete(command.request, gate.access());
    case 'txn':
      return checkTxn(command.request, gate.access(), gate.lessor);
    case 'leaseRevoke':
      return checkLease(command.id, gate.access(), gate.lessor);
    case 'leaseGrant':
      // Any user may have a lease; putting keys on it is what needs permission.
      gate.access();
      return;
    case 'auth':
      if (command.change.do !== 'authenticate') gate.checkAdmin();
      return;
    case 'compact':
    case 'alarm':
    case 'leaseCheckpoint':
      return gate.checkAdmin();
  }
}

function checkPut(request: PutRequest, access: Access, lessor: CommandGate['lessor']): void {
  access.checkWrite(request.key);
  if (request.prevKv === true) access.checkRead(request.key);
  // The lease takes the key, and all others it has, with it when it is revoked.
  if (request.lease !== undefined && request.lease !== '0')
    checkLease(request.lease, access, lessor);
}

function checkDelete(request: DeleteRangeRequest, access: Access): void {
  access.checkWrite(request.key, request.rangeEnd);
  if (request.prevKv === true) access.checkRead(request.key, request.rangeEnd);
}

function checkLease(id: string, access: Access, lessor: CommandGate['lessor']): void {
  for (const key of lessor.get(id)?.keys ?? []) access.checkWrite(key);
}

export function checkTxn(request: TxnRequest, access: Access, lessor: CommandGate['lessor']): void {
  for (const { key, rangeEnd } of request.compare) access.checkRead(key, rangeEnd);
  for (const operation of request.success) checkOp(operation, access, lessor);
  for (const operation of request.failure) checkOp(operation, access, lessor);
}

function checkOp(operation: RequestOp, access: Access, lessor: CommandGate['lessor']): void {
  switch (operation.type) {
    case 'range':
      return access.checkRead(operation.request.key, operation.request.rangeEnd);
    case 'put':
      return checkPut(operation.request, access, lessor);
    case 'deleteRange':
      return checkDelete(operation.request, access);
    case 'txn':
      return checkTxn(operation.request, access, lessor);
    case 'empty':
      return;
  }
}
