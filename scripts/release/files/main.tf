# One CloudFormation stack, made of this release's own template, and the objects that it is made from.
terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

data "aws_s3_bucket" "code" {
  bucket = var.code_bucket
}

resource "aws_s3_object" "code" {
  for_each = fileset("${path.module}/../functions", "*.zip")
  bucket   = var.code_bucket
  key      = "${var.code_prefix}/${each.value}"
  source   = "${path.module}/../functions/${each.value}"
}

resource "aws_s3_object" "template" {
  bucket = var.code_bucket
  key    = "${var.code_prefix}/templates/${filesha256("${path.module}/../template.json")}.json"
  source = "${path.module}/../template.json"
}

resource "aws_cloudformation_stack" "this" {
  name         = "@SERVICE@-${var.stage}"
  capabilities = ["CAPABILITY_IAM"]
  template_url = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  tags         = { service = "@SERVICE@", stage = var.stage }
  # What is null has the template's default.
  parameters = { for name, value in local.parameters : name => value if value != null }
  depends_on = [aws_s3_object.code]
}
