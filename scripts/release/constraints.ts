import type { Fields } from '../../local/template/values.ts';

/**
 * What parameters of a release may be that no schema of a function's environment speaks of, in CloudFormation's words.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
 */
const CONSTRAINTS: Readonly<Record<string, Fields>> = {
  // https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/#log-levels
  logLevel: { Type: 'String', AllowedValues: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'] },
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  logRetentionDays: {
    Type: 'Number',
    AllowedValues: [
      ...['1', '3', '5', '7', '14', '30', '60', '90', '120', '150', '180', '365', '400', '545', '731'],
      ...['1096', '1827', '2192', '2557', '2922', '3288', '3653'],
    ],
  },
  watchReservedConcurrency: { Type: 'String', AllowedPattern: '^(none|[0-9]{1,4})$' },
  apiReservedConcurrency: { Type: 'String', AllowedPattern: '^(none|[0-9]{1,4})$' },
  permissionsBoundaryArn: {
    Type: 'String',
    AllowedPattern: '^(none|arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+)$',
  },
};

export function constraintOf(setting: string): Fields | null {
  return new Map(Object.entries(CONSTRAINTS)).get(setting) ?? null;
}
