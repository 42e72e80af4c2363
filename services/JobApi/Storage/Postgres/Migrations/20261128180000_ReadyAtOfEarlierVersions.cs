using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <summary>
    /// Instances of an earlier version insert jobs without <c>ready_at</c> while an upgrade is under way. A job that seems to wait since 1970
    /// would be the first of its priority. The model does not change: this version always says when a job is ready.
    /// </summary>
    [DbContext(typeof(PostgresJobsContext))]
    [Migration("20261128180000_ReadyAtOfEarlierVersions")]
    public partial class ReadyAtOfEarlierVersions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("alter table jobs alter column ready_at set default statement_timestamp()");
            migrationBuilder.Sql(
                "update jobs set ready_at = coalesce(not_before, created_at) " +
                "where completed_at is null and ready_at = '1970-01-01 00:00:00+00'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            migrationBuilder.Sql("alter table jobs alter column ready_at set default '1970-01-01 00:00:00+00'");
    }
}
