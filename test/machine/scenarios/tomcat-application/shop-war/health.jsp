<%@ page contentType="text/plain" trimDirectiveWhitespaces="true" import="java.sql.*, javax.naming.*, javax.sql.*" %>
<%
  DataSource database = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/shop");
  try (Connection connection = database.getConnection();
       ResultSet user = connection.createStatement().executeQuery("SELECT CURRENT_USER")) {
    user.next();
    Thread.sleep(Long.parseLong(request.getParameter("ms") == null ? "0" : request.getParameter("ms")));
    out.print(user.getString(1) + " " + request.getScheme() + " " + request.getRemoteAddr());
  }
%>
