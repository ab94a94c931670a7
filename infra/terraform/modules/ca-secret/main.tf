# The cluster secret without its value, the key that encrypts it, and the one user that may read it.
#
# There is no aws_secretsmanager_secret_version here, ignore_changes or not: a refresh reads its value into the state, where the
# CA's key would lie open. `interlock init --store aws` fills the secret. Nor is there an aws_iam_access_key, for the same reason.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
}

resource "aws_kms_key" "this" {
  description         = "Interlock: encrypts ${var.secret}"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
  tags                = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${replace(var.secret, "/[^A-Za-z0-9/_-]/", "_")}"
  target_key_id = aws_kms_key.this.key_id
}

# The account administers the key by its own IAM policies; who may decrypt with it is in the user's policy below.
data "aws_iam_policy_document" "key" {
  statement {
    sid       = "AccountAdministers"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [local.account]
    }
  }
}

resource "aws_secretsmanager_secret" "this" {
  name                    = var.secret
  description             = "Interlock: a cluster's CA. Filled by interlock init, read by the Worker."
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.recovery_window_in_days
  tags                    = var.tags

  lifecycle {
    # interlock init puts its own words here.
    ignore_changes = [description]
  }
}

resource "aws_iam_user" "worker" {
  name = var.worker_user
  tags = var.tags
}

resource "aws_iam_user_policy" "worker" {
  name   = "read-the-cluster-secret"
  user   = aws_iam_user.worker.name
  policy = data.aws_iam_policy_document.worker.json
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "ReadThisSecret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.this.arn]
  }

  # Secrets Manager encrypts with the secret's ARN as context: this key decrypts this secret, through that service, and nothing else.
  statement {
    sid       = "DecryptThisSecret"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [aws_secretsmanager_secret.this.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}
