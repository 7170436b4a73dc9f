import { ACCOUNT_ID, REGION } from '../template/physical.ts';

/** What tokens of this machine belong to: AWS knows it by the token, here there is one of each. */
export const STATE_MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:local`;
export const DURABLE_FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:local:1`;
export const EVENT_BUS_ARN = `arn:aws:events:${REGION}:${ACCOUNT_ID}:event-bus/local`;

/** The stack's parameters with which it closes callbacks and puts events on a bus. */
export const SERVICE_PARAMETERS = {
  CallbackStateMachineArns: STATE_MACHINE_ARN,
  CallbackFunctionArns: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:local:*`,
  EventBusArn: EVENT_BUS_ARN,
} as const;
