import { assertNever } from '../base/assert.ts';
import type { Expression, Statement } from './syntax.ts';

/*
 * What the code of a block is worth in steps (see `Machine.step`), found when it is compiled: each
 * time the block is entered these are counted at once. Blocks inside of it count themselves, and
 * so do calls and libraries for what they do beside being written there. A branch of `and` or `or`
 * counts even when it is not taken.
 */

/** Units of about 5 ns, as measured. */
const unitsPerStep = 6;
const statementUnits = 2;
const manyTargetsUnits = 6;
const operatorUnits = 2;
const powerUnits = 16;
const callUnits = 4;
const methodUnits = 32;
const indexUnits = 4;
const functionUnits = 4;

/** Steps of entering a block, for everything that it does itself. */
export function blockSteps(statements: readonly Statement[]): number {
  return stepsOf(statements.reduce((units, statement) => units + ownUnits(statement), 0));
}

/** Steps of a condition that is evaluated again and again. */
export function conditionSteps(condition: Expression): number {
  return stepsOf(unitsOf(condition));
}

function stepsOf(units: number): number {
  return Math.ceil(units / unitsPerStep);
}

function ownUnits(statement: Statement): number {
  switch (statement.kind) {
    case 'local-declaration':
      return statementUnits + targetUnits(statement.variables.length) + sumOf(statement.values);
    case 'local-function':
      return statementUnits + functionUnits;
    case 'assignment': {
      const { targets, values } = statement;
      return statementUnits + targetUnits(targets.length) + sumOf(targets) + sumOf(values);
    }
    case 'call-statement':
      return statementUnits + unitsOf(statement.call);
    case 'if':
      return statementUnits + sumOf(statement.clauses.map(({ condition }) => condition));
    case 'numeric-for': {
      const { start, limit, step } = statement;
      return statementUnits + sumOf(step === undefined ? [start, limit] : [start, limit, step]);
    }
    case 'generic-for':
    case 'return':
      return statementUnits + sumOf(statement.values);
    case 'while':
      return statementUnits + unitsOf(statement.condition);
    case 'do':
    case 'repeat':
    case 'break':
      return statementUnits;
    default:
      return assertNever(statement);
  }
}

function targetUnits(count: number): number {
  return count > 1 ? count * manyTargetsUnits : 0;
}

function sumOf(expressions: readonly Expression[]): number {
  let units = 0;
  for (const expression of expressions) units += unitsOf(expression);
  return units;
}

/** Trees are no deeper than the parser lets them be. */
function unitsOf(expression: Expression): number {
  switch (expression.kind) {
    case 'constant':
    case 'vararg':
    case 'local':
    case 'upvalue':
    case 'global':
      return 1;
    case 'index':
      return indexUnits + unitsOf(expression.object) + unitsOf(expression.key);
    case 'call':
      return callUnits + unitsOf(expression.callee) + sumOf(expression.args);
    case 'method':
      return methodUnits + unitsOf(expression.object) + sumOf(expression.args);
    case 'function':
      return functionUnits;
    case 'binary': {
      const units = expression.operator === '^' ? powerUnits : operatorUnits;
      return units + unitsOf(expression.left) + unitsOf(expression.right);
    }
    case 'and':
    case 'or':
      return operatorUnits + unitsOf(expression.left) + unitsOf(expression.right);
    case 'concat':
      return sumOf(expression.operands);
    case 'unary':
      return operatorUnits + unitsOf(expression.operand);
    case 'single':
      return unitsOf(expression.inner);
    case 'table': {
      const { fields } = expression;
      return sumOf(fields.flatMap(({ key, value }) => (key === undefined ? value : [key, value])));
    }
    default:
      return assertNever(expression);
  }
}
