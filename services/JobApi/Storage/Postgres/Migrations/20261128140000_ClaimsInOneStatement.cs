using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <summary>Adds SQL functions for claims. The model does not change.</summary>
    [DbContext(typeof(PostgresJobsContext))]
    [Migration("20261128140000_ClaimsInOneStatement")]
    public partial class ClaimsInOneStatement : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(ClaimFunctions.OpenQueues);
            migrationBuilder.Sql(ClaimFunctions.ClaimRoom);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop function open_queues; drop function claim_room;");
    }
}
