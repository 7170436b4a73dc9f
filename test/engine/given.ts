/**
 * The engines that AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB name, such as moto, LocalStack, DynamoDB Local or
 * ElasticMQ; empty: none was given, and what would run on it is skipped. Everything else runs on the embedded engines
 * all the same: vitest.config.ts takes the variables away from it.
 */
export const GIVEN = {
  sqs: process.env['GIVEN_SQS'] ?? '',
  dynamodb: process.env['GIVEN_DYNAMODB'] ?? '',
};
