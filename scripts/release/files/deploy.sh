#!/usr/bin/env bash
# Deploys this release of jobwatch with the AWS CLI: checks its files, copies the code, deploys, prints the outputs.
#   ./deploy.sh STAGE BUCKET [Parameter=value ...]      ./deploy.sh prod my-code AlarmTopicArn=arn:aws:sns:…
# BUCKET is in the stack's region, which is AWS_REGION or the profile's. CODE_PREFIX: where in it, default "jobwatch".
# A parameter that is not given keeps the value that it has in the stack; the first time it gets its default.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "$0")"
if [ "$#" -lt 2 ]; then
  sed -n '2,5s/^# //p' deploy.sh >&2
  exit 64
fi
stage=$1 bucket=$2 prefix=${CODE_PREFIX:-jobwatch} service=@SERVICE@
shift 2

if command -v sha256sum > /dev/null; then check=(sha256sum --check --quiet); else check=(shasum -a 256 --check --quiet); fi
"${check[@]}" SHA256SUMS >&2
# A list that was cut short says nothing of what it lacks.
for file in template.json functions/*.zip; do
  grep -q "^[0-9a-f]\{64\}  $file\$" SHA256SUMS || { echo "SHA256SUMS does not name $file: copy the release again." >&2; exit 1; }
done

for zip in functions/*.zip; do
  aws s3 cp --only-show-errors "$zip" "s3://$bucket/$prefix/${zip##*/}"
done

aws cloudformation deploy --stack-name "$service-$stage" --template-file template.json \
  --s3-bucket "$bucket" --s3-prefix "$prefix/templates" --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset \
  --parameter-overrides "Stage=$stage" "CodeBucket=$bucket" "CodePrefix=$prefix" "$@" \
  --tags "service=$service" "stage=$stage"

aws cloudformation describe-stacks --stack-name "$service-$stage" \
  --query 'Stacks[0].Outputs[].[OutputKey, OutputValue]' --output text
