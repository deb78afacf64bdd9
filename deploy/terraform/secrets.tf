# What the sidecar reads: no secret, but a file in a container is best a secret's version.
resource "google_secret_manager_secret" "monitoring" {
  secret_id = "reprise-monitoring"
  replication {
    auto {}
  }
  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_version" "monitoring" {
  secret      = google_secret_manager_secret.monitoring.id
  secret_data = file("${path.module}/../monitoring.yaml")
}

resource "google_secret_manager_secret_iam_member" "serve_reads_monitoring" {
  secret_id = google_secret_manager_secret.monitoring.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.reprise["serve"].member
}

# The token by which training jobs push branches. Its value is put there by hand, so that no state holds it.
resource "google_secret_manager_secret" "git" {
  secret_id = "reprise-git"
  replication {
    auto {}
  }
  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_iam_member" "train_reads_git" {
  secret_id = google_secret_manager_secret.git.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.reprise["train"].member
}
