locals {
  policies = {
    for file in fileset("${path.module}/../alerts", "*.yaml") :
    trimsuffix(file, ".yaml") => yamldecode(file("${path.module}/../alerts/${file}"))
  }
}

resource "google_monitoring_notification_channel" "mail" {
  display_name = "Reprise"
  type         = "email"
  labels       = { email_address = var.email }
  depends_on   = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "reprise" {
  for_each              = local.policies
  display_name          = each.value.displayName
  combiner              = each.value.combiner
  severity              = each.value.severity
  notification_channels = [google_monitoring_notification_channel.mail.id]

  dynamic "conditions" {
    for_each = each.value.conditions
    content {
      display_name = conditions.value.displayName
      condition_prometheus_query_language {
        query                     = conditions.value.conditionPrometheusQueryLanguage.query
        duration                  = conditions.value.conditionPrometheusQueryLanguage.duration
        evaluation_interval       = conditions.value.conditionPrometheusQueryLanguage.evaluationInterval
        disable_metric_validation = conditions.value.conditionPrometheusQueryLanguage.disableMetricValidation
      }
    }
  }

  documentation {
    mime_type = each.value.documentation.mimeType
    content   = each.value.documentation.content
  }

  alert_strategy {
    auto_close = each.value.alertStrategy.autoClose
  }
}

resource "google_monitoring_dashboard" "reprise" {
  dashboard_json = file("${path.module}/../dashboard.json")
  depends_on     = [google_project_service.needed]
}

resource "google_billing_budget" "monthly" {
  count           = var.budget == null ? 0 : 1
  billing_account = var.budget.billing_account
  display_name    = "Reprise"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.budget.units)
    }
  }

  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 1.0
  }
  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }

  all_updates_rule {
    monitoring_notification_channels = [google_monitoring_notification_channel.mail.id]
  }
}
