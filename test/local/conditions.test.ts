import { describe, expect, test } from 'vitest';
import { settle } from '../../local/template/conditions.ts';

const TEMPLATE = {
  Parameters: {
    Key: { Type: 'String', Default: 'none' },
    Names: { Type: 'CommaDelimitedList', Default: 'none' },
  },
  Conditions: {
    HasKey: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Key' }, 'none'] }] },
    HasNames: { 'Fn::Not': [{ 'Fn::Equals': [{ 'Fn::Join': ['', { Ref: 'Names' }] }, 'none'] }] },
    HasBoth: { 'Fn::And': [{ Condition: 'HasKey' }, { Condition: 'HasNames' }] },
    HasAny: { 'Fn::Or': [{ Condition: 'HasKey' }, { Condition: 'HasNames' }] },
  },
  Resources: {
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        Managed: { 'Fn::If': ['HasKey', { Ref: 'AWS::NoValue' }, true] },
        Key: { 'Fn::If': ['HasKey', { Ref: 'Key' }, { Ref: 'AWS::NoValue' }] },
        List: [1, { 'Fn::If': ['HasNames', { Ref: 'Names' }, { Ref: 'AWS::NoValue' }] }],
        Other: { Ref: 'Elsewhere' },
      },
    },
    OnlyWithBoth: { Type: 'X', Condition: 'HasBoth' },
    WithAny: { Type: 'X', Condition: 'HasAny' },
  },
};

const queueWith = (parameters = {}) => (settle(TEMPLATE, parameters)['Resources'] as typeof TEMPLATE.Resources).Queue;
const namesWith = (parameters = {}) => Object.keys(settle(TEMPLATE, parameters)['Resources'] as object);

describe('a template is settled', () => {
  test('by the defaults of its parameters', () => {
    expect(queueWith().Properties).toEqual({ Managed: true, List: [1], Other: { Ref: 'Elsewhere' } });
    expect(namesWith()).toEqual(['Queue']);
  });

  test('by what is given', () => {
    const properties = queueWith({ Key: 'k', Names: 'a, b' }).Properties;
    expect(properties).toEqual({ Key: 'k', List: [1, ['a', 'b']], Other: { Ref: 'Elsewhere' } });
    expect(namesWith({ Key: 'k', Names: 'a' })).toEqual(['Queue', 'OnlyWithBoth', 'WithAny']);
    expect(namesWith({ Names: 'a' })).toEqual(['Queue', 'WithAny']);
  });

  test.each([
    ['a parameter that it lacks', { Strange: 'x' }, 'the template has no parameter Strange'],
    ['a parameter without a value', undefined, 'Parameters.P: its value: expected a text'],
  ])('with an error for %s', (_, given, message) => {
    const template = given ? TEMPLATE : { Parameters: { P: { Type: 'String' } }, Resources: {} };
    expect(() => settle(template, given ?? {})).toThrow(message);
  });

  test.each([
    ['a function that it does not know', { 'Fn::Contains': [['a'], 'a'] }, 'Fn::Contains is not supported'],
    ['a resource in it', { 'Fn::Equals': [{ Ref: 'Queue' }, 'x'] }, "can't refer to Queue"],
  ])('with an error for a condition with %s', (_, condition, message) => {
    const Resources = { A: { Type: 'X', Condition: 'C' } };
    expect(() => settle({ Conditions: { C: condition }, Resources })).toThrow(message);
  });
});
