# The variables of the GitHub repository, by their names there.
output "GCP_PROJECT" {
  description = "The project."
  value       = var.project
}

output "GCP_REGION" {
  description = "The region."
  value       = var.region
}

output "GCP_WORKLOAD_IDENTITY_PROVIDER" {
  description = "Whom Google Cloud takes tokens of GitHub's from."
  value       = google_iam_workload_identity_pool_provider.github.name
}

output "GCP_SERVICE_ACCOUNT_READ" {
  description = "The account of workflows that read data and models."
  value       = google_service_account.reprise["read"].email
}

output "GCP_SERVICE_ACCOUNT_DEPLOY" {
  description = "The account of workflows that build, push and deploy."
  value       = google_service_account.reprise["deploy"].email
}

output "GCP_SERVICE_ACCOUNT_TRAIN" {
  description = "The account of training jobs, which rents machines where var.runner lets it."
  value       = google_service_account.reprise["train"].email
}
