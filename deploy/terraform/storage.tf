locals {
  # The resource name by which conditions know the objects of the bucket.
  objects = "projects/_/buckets/${google_storage_bucket.reprise.name}/objects"
}

# DVC's data and models under dvc/, the prediction log under log/, what Cloud Build is sent under build/.
resource "google_storage_bucket" "reprise" {
  name                        = "${var.project}-reprise"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # What is deleted can be brought back for a week. Versions would not help: DVC never writes one object twice.
  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  lifecycle_rule {
    condition {
      age            = var.log_days
      matches_prefix = ["log/"]
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age            = 7
      matches_prefix = ["build/"]
    }
    action {
      type = "Delete"
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_artifact_registry_repository" "reprise" {
  repository_id = "reprise"
  location      = var.region
  format        = "DOCKER"
  description   = "The images that serve and train"

  # Of each image the last ten stay, and what is younger than a month.
  cleanup_policies {
    id     = "keep-the-last"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "delete-the-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.needed]
}
