# Workflows of one repository on GitHub come in with the token that GitHub gives each of their jobs: there are no keys.
resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = "reprise-github"
  display_name              = "GitHub"
  depends_on                = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  # The number and not the name: a name can be given up and taken by somebody else.
  attribute_condition = "assertion.repository_id == '${var.github_repository_id}'"

  attribute_mapping = {
    "google.subject"          = "assertion.repository_id + ':' + assertion.run_id"
    "attribute.repository_id" = "assertion.repository_id"
    # Most jobs have no environment, and an expression that reads a claim that is not there refuses the token. Nor is the
    # environment enough: GitHub makes one that a job names and nobody has set up, without any rules.
    "attribute.deploys" = "assertion.ref_type == 'tag' && has(assertion.environment) && assertion.environment == 'production' ? 'yes' : 'no'"
    "attribute.trains"  = "assertion.ref == 'refs/heads/main' && has(assertion.environment) && (assertion.environment == 'gpu' || assertion.environment == 'gpu-run') ? 'yes' : 'no'"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

locals {
  principals = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}"
}

# Any workflow of the repository may read. GitHub gives the workflows of forks no such token.
resource "google_service_account_iam_member" "github_reads" {
  service_account_id = google_service_account.reprise["read"].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "${local.principals}/attribute.repository_id/${var.github_repository_id}"
}

# Deploying is for jobs of the environment `production` that were started by a tag.
resource "google_service_account_iam_member" "github_deploys" {
  service_account_id = google_service_account.reprise["deploy"].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "${local.principals}/attribute.deploys/yes"
}
