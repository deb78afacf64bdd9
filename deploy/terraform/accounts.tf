locals {
  accounts = {
    serve  = "The server on Cloud Run"
    train  = "Training jobs on Cloud Run and Vertex AI"
    read   = "Workflows that read data and models"
    deploy = "Workflows that build, push and deploy"
  }

  # What each account may do with objects, and under which prefix.
  objects_of = {
    "serve log"    = { account = "serve", role = "roles/storage.objectUser", prefix = "log/" }
    "train dvc"    = { account = "train", role = "roles/storage.objectUser", prefix = "dvc/" }
    "read dvc"     = { account = "read", role = "roles/storage.objectViewer", prefix = "dvc/" }
    "deploy dvc"   = { account = "deploy", role = "roles/storage.objectViewer", prefix = "dvc/" }
    "deploy build" = { account = "deploy", role = "roles/storage.objectViewer", prefix = "build/" }
  }

  roles_of = {
    "serve metrics" = { account = "serve", role = "roles/monitoring.metricWriter" }
    "train logs"    = { account = "train", role = "roles/logging.logWriter" }
    "deploy logs"   = { account = "deploy", role = "roles/logging.logWriter" }
    "deploy run"    = { account = "deploy", role = "roles/run.developer" }
  }
}

resource "google_service_account" "reprise" {
  for_each     = local.accounts
  account_id   = "reprise-${each.key}"
  display_name = each.value
  depends_on   = [google_project_service.needed]
}

resource "google_storage_bucket_iam_member" "objects" {
  for_each = local.objects_of
  bucket   = google_storage_bucket.reprise.name
  role     = each.value.role
  member   = google_service_account.reprise[each.value.account].member

  # The names of all objects can be listed, as a list is asked of the bucket; read and written is under the prefix alone.
  condition {
    title      = "under ${each.value.prefix}"
    expression = "resource.type == 'storage.googleapis.com/Bucket' || resource.name.startsWith('${local.objects}/${each.value.prefix}')"
  }
}

resource "google_project_iam_member" "roles" {
  for_each = local.roles_of
  project  = var.project
  role     = each.value.role
  member   = google_service_account.reprise[each.value.account].member
}

resource "google_artifact_registry_repository_iam_member" "push" {
  location   = google_artifact_registry_repository.reprise.location
  repository = google_artifact_registry_repository.reprise.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.reprise["deploy"].member
}

# Who deploys a service hands it the account that it runs as.
resource "google_service_account_iam_member" "deploy_as_serve" {
  service_account_id = google_service_account.reprise["serve"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.reprise["deploy"].member
}
