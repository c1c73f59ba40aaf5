import { type EvaluateAll, type Execute, TAIL_CALL } from './code.ts';
import { type Emitter, nameOf, siteAt } from './emitter.ts';
import type { Frame } from './frame.ts';
import { manyValues } from './machine.ts';
import { callableOf, index } from './operations.ts';
import type { Site } from './site.ts';
import type { CallExpression, Expression } from './syntax.ts';
import { LuaFunction, type LuaValue, type Native } from './value.ts';

/** A call before it is made: evaluates what is called and with what. */
interface Prepared {
  readonly site: Site;
  /** Our own function, if it is known before the script runs (`redis.call`). */
  readonly native: Native | undefined;
  readonly args: EvaluateAll;
  readonly callee: (frame: Frame) => LuaValue;
}

/** Compiles a call to a closure for its results. */
export function emitCall(emitter: Emitter, call: CallExpression): EvaluateAll {
  return call.kind === 'method'
    ? emitMethodCall(emitter, call)
    : emitPrepared(prepare(emitter, call));
}

function emitPrepared({ site, native, args, callee }: Prepared): EvaluateAll {
  if (native !== undefined) {
    return (frame) => {
      const values = args(frame);
      const { machine } = frame;
      frame.site = site;
      machine.step(values.length > manyValues ? 1 + (values.length >>> 2) : 1);
      return native(machine, values);
    };
  }
  return (frame) => {
    const value = callee(frame);
    const values = args(frame);
    const { machine } = frame;
    frame.site = site;
    machine.step();
    if (value instanceof LuaFunction) return machine.invoke(value, values);
    return machine.invoke(callableOf(machine, value, values, site.callee), values);
  };
}

/**
 * Compiles `return f(...)`: the frame of the caller is given up before the call, so that calls
 * in tail position nest without end (Lua 5.1 manual 2.5.8).
 */
export function emitTailCall(emitter: Emitter, call: CallExpression): Execute {
  if (call.kind === 'method') {
    return emitTail(pickMethod(emitter, call), siteAt(emitter, call.line, calleeName(call)));
  }
  const prepared = prepare(emitter, call);
  if (prepared.native !== undefined) return emitPrepared(prepared);
  return emitTail(pickFunction(prepared), prepared.site);
}

const tailCallSteps = 3;

function emitTail(pick: Pick, site: Site): Execute {
  return (frame) => {
    const { machine } = frame;
    const { value, values } = pick(frame);
    frame.site = site;
    machine.step(tailCallSteps);
    const callee = callableOf(machine, value, values, site.callee);
    if (callee.native !== undefined) return callee.native(machine, values);
    machine.tailFunction = callee;
    machine.tailArguments = values;
    return TAIL_CALL;
  };
}

type Pick = (frame: Frame) => { readonly value: LuaValue; readonly values: LuaValue[] };

function pickFunction({ callee, args }: Prepared): Pick {
  return (frame) => {
    const value = callee(frame);
    return { value, values: args(frame) };
  };
}

function prepare(emitter: Emitter, call: Extract<CallExpression, { kind: 'call' }>): Prepared {
  const known = knownFunction(emitter, call.callee);
  return {
    site: siteAt(emitter, call.line, calleeName(call)),
    native: known?.native,
    args: emitter.list(emitter, call.args),
    callee: emitter.one(emitter, call.callee),
  };
}

/** The function that a name such as `tonumber` or `redis.call` means in every script. */
function knownFunction(emitter: Emitter, callee: Expression): LuaFunction | undefined {
  let known: LuaValue;
  if (callee.kind === 'global') known = emitter.globals.find(callee.name);
  if (callee.kind === 'index' && callee.object.kind === 'global') {
    const { key, object } = callee;
    if (key.kind === 'constant' && typeof key.value === 'string') {
      known = emitter.globals.findField(object.name, key.value);
    }
  }
  return known instanceof LuaFunction ? known : undefined;
}

function calleeName(call: CallExpression): Site['callee'] {
  return call.kind === 'method' ? { kind: 'method', name: call.name } : nameOf(call.callee);
}

function emitMethodCall(
  emitter: Emitter,
  call: Extract<CallExpression, { kind: 'method' }>,
): EvaluateAll {
  const pick = pickMethod(emitter, call);
  const site = siteAt(emitter, call.line, calleeName(call));
  return (frame) => {
    const { machine } = frame;
    const { value, values } = pick(frame);
    frame.site = site;
    machine.step();
    return machine.invoke(callableOf(machine, value, values, site.callee), values);
  };
}

/** `object:name(args)`: the object is evaluated once and becomes the first argument. */
function pickMethod(emitter: Emitter, call: Extract<CallExpression, { kind: 'method' }>): Pick {
  const object = emitter.one(emitter, call.object);
  const args = emitter.list(emitter, call.args);
  const { name } = call;
  const site = siteAt(emitter, call.line);
  const objectName = nameOf(call.object);
  return (frame) => {
    const self = object(frame);
    frame.site = site;
    const value = index(frame.machine, self, name, objectName);
    const values = args(frame);
    values.unshift(self);
    return { value, values };
  };
}
