output "secret_arn" {
  description = "For ca.secret of the cluster's definition, in place of the name if you like."
  value       = aws_secretsmanager_secret.this.arn
}

output "kms_key_arn" {
  description = "Whoever runs interlock init needs kms:GenerateDataKey and kms:Decrypt on it."
  value       = aws_kms_key.this.arn
}

output "worker_user" {
  description = "aws iam create-access-key --user-name …, straight into wrangler secret put."
  value       = aws_iam_user.worker.name
}
