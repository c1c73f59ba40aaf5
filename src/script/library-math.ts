import { argumentError, intArgument, numberArgument, toInt, truncated } from './arguments.ts';
import { power } from './emit-operator.ts';
import { type Functions, functionOf, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import type { LuaValue, Native } from './value.ts';

/** Steps of a remainder, and of taking a number apart or together. */
const remainderSteps = 12;
const exponentSteps = 4;

/** A function of one number to one number. */
function of(compute: (value: number) => number): Native {
  return (machine, args) => [compute(numberArgument(machine, args, 0))];
}

/** A function of two numbers. The second is checked first, as C compilers for x86-64 order it. */
function ofTwo(compute: (first: number, second: number) => number): Native {
  return (machine, args) => {
    const second = numberArgument(machine, args, 1);
    return [compute(numberArgument(machine, args, 0), second)];
  };
}

const remainder = ofTwo((value, divisor) => value % divisor);

/** The remainder of numbers far apart is found bit by bit. */
const fmod = functionOf((machine, args) => {
  machine.step(remainderSteps);
  return remainder(machine, args);
});

/** The mathematical functions (Lua 5.1 manual 5.6). */
const mathFunctions: Functions = {
  abs: of(Math.abs),
  acos: of(Math.acos),
  asin: of(Math.asin),
  atan: of(Math.atan),
  atan2: ofTwo(Math.atan2),
  ceil: of(Math.ceil),
  cos: of(Math.cos),
  cosh: of(Math.cosh),
  deg: of((value) => value / (Math.PI / 180)),
  exp: of(Math.exp),
  floor: of(Math.floor),
  fmod,
  frexp: (machine, args) => {
    machine.step(exponentSteps);
    return splitExponent(numberArgument(machine, args, 0));
  },
  ldexp: (machine, args) => {
    machine.step(exponentSteps);
    const exponent = intArgument(machine, args, 1);
    return [scaled(numberArgument(machine, args, 0), exponent)];
  },
  log: of(Math.log),
  log10: of(Math.log10),
  max: (machine, args) => [extreme(machine, args, (value, best) => value > best)],
  min: (machine, args) => [extreme(machine, args, (value, best) => value < best)],
  /** Its name in Lua 5.0 (LUA_COMPAT_MOD). */
  mod: fmod,
  modf: (machine, args) => {
    const value = numberArgument(machine, args, 0);
    const whole = Math.trunc(value);
    const fraction = Number.isFinite(value) ? value - whole : Number.isNaN(value) ? value : 0;
    return [whole, fraction];
  },
  pow: ofTwo(power),
  rad: of((value) => value * (Math.PI / 180)),
  random,
  randomseed: (machine, args) => {
    machine.random.seed(intArgument(machine, args, 0));
    return [];
  },
  sin: of(Math.sin),
  sinh: of(Math.sinh),
  sqrt: of(Math.sqrt),
  tan: of(Math.tan),
  tanh: of(Math.tanh),
};

export const MATH_LIBRARY = sharedTable(mathFunctions, {
  pi: Math.PI,
  huge: Number.POSITIVE_INFINITY,
});

function extreme(
  machine: Machine,
  args: LuaValue[],
  isBetter: (value: number, best: number) => boolean,
): number {
  machine.step(args.length);
  let best = numberArgument(machine, args, 0);
  for (let at = 1; at < args.length; at += 1) {
    const value = numberArgument(machine, args, at);
    if (isBetter(value, best)) best = value;
  }
  return best;
}

/** What Redis divides a random integer by (rand.h, REDIS_LRAND48_MAX). */
const randomMax = 2 ** 31 - 1;

/** Redis' own `math.random`, over the generator that every run starts anew. */
function random(machine: Machine, args: LuaValue[]): LuaValue[] {
  const fraction = (machine.random.next() % randomMax) / randomMax;
  if (args.length === 0) return [fraction];
  if (args.length > 2) throw machine.errorHere('wrong number of arguments');
  const low = args.length === 1 ? 1 : intArgument(machine, args, 0);
  const high = intArgument(machine, args, args.length - 1);
  if (low > high) throw argumentError(machine, args.length - 1, 'interval is empty');
  return [Math.floor(fraction * (high - low + 1)) + low];
}

/** A fraction from 0.5 up to 1 and the power of two that it is multiplied by. */
function splitExponent(value: number): LuaValue[] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0];
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1);
  let fraction = scaled(value, -exponent);
  while (Math.abs(fraction) < 0.5) {
    fraction *= 2;
    exponent -= 1;
  }
  while (Math.abs(fraction) >= 1) {
    fraction /= 2;
    exponent += 1;
  }
  return [fraction, exponent];
}

/** `value` times 2 to `exponent`, in steps that neither overflow nor lose bits on the way. */
function scaled(value: number, exponent: number): number {
  let rest = Math.max(-2200, Math.min(2200, toInt(truncated(exponent))));
  let result = value;
  for (; rest > 1000; rest -= 1000) result *= 2 ** 1000;
  for (; rest < -1000; rest += 1000) result *= 2 ** -1000;
  return result * 2 ** rest;
}
