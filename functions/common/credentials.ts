import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * In the bundles this takes the place of the SDK's chain of providers (profiles, SSO, containers, instance metadata):
 * Lambda gives its functions their credentials in the environment and nowhere else. The chain would be a fifth of each
 * bundle. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const defaultProvider = fromEnv;
