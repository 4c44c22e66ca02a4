/// The SQL migrations of this folder, built into the program.
package enum AuditSchema {
  /// Migration name and SQL text, oldest first.
  package static var migrations: [(name: String, sql: String)] {
    [
      ("0001_audits", PackageResources._001_audits_sql),
      ("0002_identity", PackageResources._002_identity_sql),
      ("0003_ranking", PackageResources._003_ranking_sql),
      ("0004_image_intervals", PackageResources._004_image_intervals_sql),
      ("0005_run_totals", PackageResources._005_run_totals_sql),
      ("0006_region_intervals", PackageResources._006_region_intervals_sql),
      ("0007_conditions", PackageResources._007_conditions_sql),
      ("0008_columns", PackageResources._008_columns_sql),
    ].map { ($0, String(decoding: $1, as: UTF8.self)) }
  }
}
