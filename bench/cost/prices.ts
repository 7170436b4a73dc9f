/**
 * List prices of us-east-1 in US dollars, read on 2026-11-20, without free tiers. From the pages
 * https://aws.amazon.com/sqs/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/,
 * https://aws.amazon.com/lambda/pricing/ (durable functions are there, too),
 * https://aws.amazon.com/step-functions/pricing/, https://aws.amazon.com/eventbridge/pricing/,
 * https://aws.amazon.com/cloudwatch/pricing/.
 */
export const PRICES = {
  sqsRequest: 0.4e-6,
  /** A write of up to 1 kB, a consistent read of up to 4 kB. */
  dynamoWrite: 0.625e-6,
  dynamoRead: 0.125e-6,
  lambdaRequest: 0.2e-6,
  /** Of an arm64 function. */
  lambdaGbSecond: 0.000_013_333_4,
  /** Of a Standard workflow. */
  transition: 25e-6,
  durableOperation: 8e-6,
  durableGbWritten: 0.25,
  durableGbMonth: 0.15,
  alarmMetric: 0.1,
  customMetric: 0.3,
  logsGbIn: 0.5,
} as const;
